using System.Globalization;
using Guest.Machine;

namespace Guest.Linux.Types;

/// <summary>The types of exactly the kernel that runs in the guest, from the <c>.BTF</c> section in its memory.</summary>
public sealed class KernelTypes
{
    private const int MaxMembers = 10_000;

    internal KernelTypes(BtfTypes table) => Table = table;

    /// <summary>The table itself.</summary>
    public BtfTypes Table { get; }

    /// <summary>Bytes of a type.</summary>
    /// <exception cref="ReplayKitException">RK0603: the kernel has no such type.</exception>
    public int SizeOf(string type) => Table.SizeOf(Table.Find(type)) is > 0 and var size ? size : throw Unknown(type);

    /// <summary>The value of an enumeration's constant.</summary>
    /// <exception cref="ReplayKitException">RK0603: the kernel has no such constant.</exception>
    public long ValueOf(string enumeration, string constant)
    {
        foreach ((string name, long value) in Table.ValuesOf(Table.Find(enumeration)))
        {
            if (name == constant)
            {
                return value;
            }
        }

        throw Unknown($"{enumeration}.{constant}");
    }

    /// <summary>A place inside a structure.</summary>
    /// <param name="type">The structure.</param>
    /// <param name="path">Members with dots between and elements in brackets (<c>core_layout.base</c>, <c>mem[0].size</c>); members of anonymous structures are its own.</param>
    /// <exception cref="ReplayKitException">RK0603: the kernel has no such member.</exception>
    public KernelField Field(string type, string path) => TryField(type, path, out KernelField field) ? field : throw Unknown($"{type}.{path}");

    /// <summary>The first of several places that this kernel has: for members whose name changed between versions.</summary>
    /// <exception cref="ReplayKitException">RK0603: the kernel has none of them.</exception>
    public KernelField FieldOfAny(string type, params ReadOnlySpan<string> paths)
    {
        foreach (string path in paths)
        {
            if (TryField(type, path, out KernelField field))
            {
                return field;
            }
        }

        throw Unknown($"{type}.{string.Join('/', paths!)}");
    }

    /// <summary>A place inside a structure; false where the kernel has no such member.</summary>
    public bool TryField(string type, string path, out KernelField field) => TryField(Table.Find(type), path, out field);

    /// <summary>A place inside a structure; false where the kernel has no such member.</summary>
    public bool TryField(int type, string path, out KernelField field)
    {
        field = default;
        int bits = 0;
        BtfMember member = new(string.Empty, type, 0, 0);
        foreach (string step in path.Split('.'))
        {
            int budget = MaxMembers;
            int bracket = step.IndexOf('[', StringComparison.Ordinal);
            if (FindMember(Table.Resolve(member.TypeId), bracket < 0 ? step : step[..bracket], ref budget) is not { } found)
            {
                return false;
            }

            member = found;
            bits += member.BitOffset;
            if (bracket >= 0 && !TryElement(step.AsSpan(bracket), ref member, ref bits))
            {
                return false;
            }
        }

        field = ToField(member, bits);
        return true;
    }

    private bool TryElement(ReadOnlySpan<char> brackets, ref BtfMember member, ref int bits)
    {
        int array = Table.Resolve(member.TypeId);
        if (!int.TryParse(brackets.Trim("[]"), NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= Table.LengthOf(array))
        {
            return false;
        }

        member = member with { TypeId = Table.TargetOf(array) };
        bits += index * Table.SizeOf(member.TypeId) * 8;
        return true;
    }

    // The budget bounds what a table can cost whose structures contain themselves.
    private BtfMember? FindMember(int type, string name, ref int budget)
    {
        foreach (BtfMember member in Table.MembersOf(type))
        {
            if (member.Name == name || budget-- <= 0)
            {
                return member.Name == name ? member : null;
            }

            if (member.Name.Length == 0 && FindMember(Table.Resolve(member.TypeId), name, ref budget) is { } inner)
            {
                return inner with { BitOffset = member.BitOffset + inner.BitOffset };
            }
        }

        return null;
    }

    private KernelField ToField(BtfMember member, int bits)
    {
        int type = Table.Resolve(member.TypeId);
        int inByte = bits & 7;
        int size = member.BitSize == 0 ? Table.SizeOf(type) : (inByte + member.BitSize + 7) / 8;
        return new KernelField(bits / 8, size, inByte, member.BitSize, type, Table.IsSigned(type));
    }

    private static ReplayKitException Unknown(string name) => new(603, ExitCode.BadInput,
        $"the guest's kernel has no {name}: its structures are newer or older than what this ReplayKit knows; docs/names.md lists the kernels that were tried");
}
