using Guest.Machine;
using Guest.Linux.Memory;

namespace Guest.Linux.Types;

/// <summary>A way from a kernel structure over its pointers to a value, such as <c>task_struct.mm.pgd</c>, with its offsets resolved once.</summary>
/// <remarks>Reading costs one read for each pointer on the way, and allocates nothing.</remarks>
public sealed class KernelPath
{
    private readonly KernelField[] _steps;

    private KernelPath(KernelField[] steps) => _steps = steps;

    /// <summary>The place that is read in the end.</summary>
    public KernelField Last => _steps[^1];

    /// <summary>Resolves a path. Where a member is a pointer to a structure and the path goes on, it is followed.</summary>
    /// <param name="types">The kernel's types.</param>
    /// <param name="path">The structure, then members, with dots between.</param>
    /// <exception cref="ReplayKitException">RK0603: the kernel has no such member.</exception>
    public static KernelPath Of(KernelTypes types, string path)
    {
        string[] names = path.Split('.');
        List<KernelField> steps = [];
        int type = types.Table.Find(names[0]);
        int offset = 0;
        foreach (string name in names.Skip(1))
        {
            if (!types.TryField(type, name, out KernelField field))
            {
                throw new ReplayKitException(603, ExitCode.BadInput, $"the guest's kernel has no {path} (at {name}): its structures are newer or older than what this ReplayKit knows; docs/names.md lists the kernels that were tried");
            }

            field = field with { Offset = field.Offset + offset };
            bool follow = types.Table.KindOf(field.TypeId) == BtfKind.Pointer;
            offset = follow ? 0 : field.Offset;
            type = types.Table.Resolve(follow ? types.Table.TargetOf(field.TypeId) : field.TypeId);
            steps.Add(field);
        }

        return new KernelPath([.. steps.Where((step, index) => index == steps.Count - 1 || types.Table.KindOf(step.TypeId) == BtfKind.Pointer)]);
    }

    /// <summary>Where the value stands for one object.</summary>
    /// <returns>False where a pointer on the way is null or leads nowhere.</returns>
    public bool TryLocate(KernelMemory memory, GuestVirtual from, out GuestVirtual place)
    {
        ulong at = from.Value;
        for (int i = 0; i < _steps.Length - 1; i++)
        {
            if (!memory.TryRead(unchecked(at + (ulong)_steps[i].Offset), out at) || at == 0)
            {
                place = default;
                return false;
            }
        }

        place = new GuestVirtual(unchecked(at + (ulong)Last.Offset));
        return true;
    }

    /// <summary>Reads the value of one object.</summary>
    /// <returns>False where it cannot be read, or is no word.</returns>
    public bool TryRead(KernelMemory memory, GuestVirtual from, out ulong value)
    {
        value = 0;
        return TryLocate(memory, from, out GuestVirtual place) && memory.TryRead(place.Value - (ulong)Last.Offset, Last, out value);
    }
}
