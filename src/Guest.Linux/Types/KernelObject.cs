using Guest.Machine;
using Guest.Linux.Memory;

namespace Guest.Linux.Types;

/// <summary>An object in the guest's kernel with its type: for looking around by name. What is read often takes a <see cref="KernelPath"/> or <see cref="KernelField"/>.</summary>
public readonly struct KernelObject
{
    private readonly LinuxKernel _kernel;
    private readonly KernelField _field;

    internal KernelObject(LinuxKernel kernel, GuestVirtual address, KernelField field)
    {
        _kernel = kernel;
        Address = address;
        _field = field;
    }

    /// <summary>Where it stands (of a bitfield: the byte in which it begins).</summary>
    public GuestVirtual Address { get; }

    /// <summary>Its bytes.</summary>
    public int Size => _field.Size;

    /// <summary>Its type's name; empty where the type has none.</summary>
    public string TypeName => _kernel.Types.Table.NameOf(_field.TypeId);

    /// <summary>A member of it, or of what it points to.</summary>
    /// <param name="path">Members with dots between, elements in brackets.</param>
    /// <returns>Null where its pointer is null or leads nowhere, or its type has no such member.</returns>
    public KernelObject? Member(string path)
    {
        KernelObject structure = _kernel.Types.Table.KindOf(_field.TypeId) == BtfKind.Pointer ? Target() ?? default : this;
        return structure._kernel is not null && _kernel.Types.TryField(structure._field.TypeId, path, out KernelField field)
            ? new KernelObject(_kernel, new GuestVirtual(unchecked(structure.Address.Value + (ulong)field.Offset)), field with { Offset = 0 })
            : null;
    }

    /// <summary>What it points to; null where it is no pointer, or a null one.</summary>
    public KernelObject? Target()
    {
        BtfTypes table = _kernel.Types.Table;
        if (table.KindOf(_field.TypeId) != BtfKind.Pointer || !TryRead(out ulong target) || target == 0)
        {
            return null;
        }

        int type = table.Resolve(table.TargetOf(_field.TypeId));
        return new KernelObject(_kernel, new GuestVirtual(target), new KernelField(0, table.SizeOf(type), 0, 0, type, table.IsSigned(type)));
    }

    /// <summary>Its value; false where it cannot be read, or is no word.</summary>
    public bool TryRead(out ulong value) => _kernel.Memory.TryRead(Address.Value, _field, out value);

    /// <summary>Its bytes as text, up to the first zero byte: for arrays of characters. Null where they cannot be read.</summary>
    public string? Text() => _kernel.Memory.ReadText(Address, Math.Min(Size, 4096));
}
