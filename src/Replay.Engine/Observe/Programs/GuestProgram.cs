using Guest.Machine;

namespace Replay.Engine.Observe.Programs;

/// <summary>A program in an address space: from the fork or exec that made the address space to its end. A process that calls exec is another program afterwards.</summary>
/// <param name="number">Its number in its table.</param>
/// <param name="pid">The process.</param>
/// <param name="startTime">When the process was started, in nanoseconds since the guest's boot.</param>
/// <param name="space">The physical address of its top-level page table, for the kernel's half where there are two.</param>
/// <param name="name">The process's name (<c>comm</c>) when the program began.</param>
/// <param name="path">Its file.</param>
/// <param name="wasThere">Whether it had begun before the observation did.</param>
public sealed class GuestProgram(int number, int pid, ulong startTime, GuestPhysical space, string name, string path, bool wasThere)
{
    private readonly List<CodeArea> _areas = [];

    /// <summary>Its number in its table.</summary>
    public int Number { get; } = number;

    /// <summary>The process.</summary>
    public int Pid { get; } = pid;

    /// <summary>When the process was started, in nanoseconds since the guest's boot.</summary>
    public ulong StartTime { get; } = startTime;

    /// <summary>The physical address of its top-level page table.</summary>
    public GuestPhysical Space { get; } = space;

    /// <summary>The process's name when the program began.</summary>
    public string Name { get; } = name;

    /// <summary>Its file.</summary>
    public string Path { get; } = path;

    /// <summary>Whether it had begun before the observation did.</summary>
    public bool WasThere { get; } = wasThere;

    /// <summary>Its executable memory in the order in which it was mapped: of two that overlap the later one is what was there last.</summary>
    public IReadOnlyList<CodeArea> Areas => _areas;

    /// <summary>The executable memory at an address; null where there was none.</summary>
    public CodeArea? AreaAt(GuestVirtual address)
    {
        for (int i = _areas.Count - 1; i >= 0; i--)
        {
            if (address.Value - _areas[i].Start.Value < _areas[i].End.Value - _areas[i].Start.Value)
            {
                return _areas[i];
            }
        }

        return null;
    }

    /// <summary>Adds executable memory, once.</summary>
    internal void Add(in CodeArea area)
    {
        if (!_areas.Contains(area))
        {
            _areas.Add(area);
        }
    }
}
