using Guest.Machine.Devices;
using Guest.Machine.Devices.Virtio;
using Guest.Machine.Memory;
using Guest.Machine.State;
using Guest.Machine.X86;

namespace Guest.Machine.Board;

/// <summary>Hashes a machine's state in parts: each vCPU's registers, each device, RAM, what left the machine.</summary>
internal sealed class MachineHasher
{
    private readonly VirtualMachine _machine;
    private readonly MemoryHash _memory;
    private readonly StateWriter _writer = new();

    internal MachineHasher(VirtualMachine machine)
    {
        _machine = machine;
        _memory = new MemoryHash(machine.Memory, machine.PageHash);
    }

    /// <summary>The parts in their fixed order (docs/determinism.md, state hash).</summary>
    internal IReadOnlyList<StatePart> Hash() => HashAround(_memory.Refresh());

    /// <summary>The same with RAM's part as it is given.</summary>
    internal IReadOnlyList<StatePart> HashAround(Hash128 memory)
    {
        var parts = new List<StatePart>(_machine.Board.Devices.Count + _machine.Cpus.Count + 3);
        foreach (Vcpu cpu in _machine.Cpus)
        {
            parts.Add(new(StatePartKind.Registers, cpu.Index, HashOf(writer => CpuRegisters.Save(cpu, writer))));
        }

        int number = 0;
        foreach (IDevice device in _machine.Board.Devices)
        {
            parts.Add(new(StatePartKind.Device, number++, HashOf(device.Save)));
        }

        parts.Add(new(StatePartKind.Device, number, HashOf(_machine.Clock.Save)));
        parts.Add(new(StatePartKind.Memory, 0, memory));
        parts.Add(new(StatePartKind.Output, 0, _machine.Output.Current));
        foreach (VirtioPci function in _machine.Board.PciFunctions.OfType<VirtioPci>().OrderBy(function => function.Slot))
        {
            if (function.Device.Output is { } output)
            {
                parts.Add(new(StatePartKind.Output, function.Slot, output.Current));
            }
        }

        return parts;
    }

    /// <summary>What RAM holds.</summary>
    internal MemoryImage Image() => _memory.Image();

    /// <summary>Gives RAM another content.</summary>
    internal void Replace(MemoryImage image) => _memory.Replace(image);

    private Hash128 HashOf(Action<StateWriter> save)
    {
        _writer.Clear();
        save(_writer);
        return Hash128.OfSha256(_writer.Written);
    }
}
