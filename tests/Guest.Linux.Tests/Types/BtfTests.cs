using Guest.Linux.Tests.Crafted;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Tests.Types;

/// <summary>Type tables written byte by byte.</summary>
public sealed class BtfTests
{
    [Fact]
    public void Members_of_anonymous_structures_and_unions_are_found_with_their_offsets()
    {
        BtfBuilder btf = new();
        int word = btf.Int("int", 4, signed: true);
        int inner = btf.Struct(string.Empty, 8, ("low", word, 0, 0), ("high", word, 32, 0));
        int either = btf.Union(string.Empty, 8, (string.Empty, inner, 0, 0), ("both", btf.Int("long", 8), 0, 0));
        btf.Struct("thing", 24, ("first", word, 0, 0), (string.Empty, either, 64, 0), ("last", word, 128, 0));
        KernelTypes types = Types(btf);
        Assert.Equal((8, 4), Place(types.Field("thing", "low")));
        Assert.Equal((12, 4), Place(types.Field("thing", "high")));
        Assert.Equal((8, 8), Place(types.Field("thing", "both")));
        Assert.Equal((16, 4), Place(types.Field("thing", "last")));
        Assert.True(types.Field("thing", "low").IsSigned);
        Assert.Equal(24, types.SizeOf("thing"));
    }

    [Fact]
    public void Paths_go_through_structures_arrays_typedefs_and_qualifiers()
    {
        BtfBuilder btf = new();
        int word = btf.Int("u32", 4);
        int part = btf.Struct("part", 12, ("base", word, 0, 0), ("size", word, 32, 0));
        int named = btf.Typedef("part_t", btf.Const(part));
        btf.Struct("module", 64, ("state", word, 0, 0), ("mem", btf.Array(named, 4), 64, 0));
        KernelTypes types = Types(btf);
        Assert.Equal((8 + (3 * 12) + 4, 4), Place(types.Field("module", "mem[3].size")));
        Assert.False(types.TryField("module", "mem[4].size", out _));
        Assert.False(types.TryField("module", "mem[x].size", out _));
        Assert.Equal(48, types.Field("module", "mem").Size);
        Assert.Equal(12, types.SizeOf("part_t"));
    }

    [Fact]
    public void Bitfields_have_their_bits()
    {
        BtfBuilder btf = new();
        int word = btf.Int("unsigned int", 4);
        btf.Struct("orc_entry", 6, ("sp_offset", btf.Int("short", 2, true), 0, 0), ("sp_reg", word, 32, 4), ("bp_reg", word, 36, 4), ("type", word, 40, 3));
        KernelTypes types = Types(btf);
        KernelField type = types.Field("orc_entry", "type");
        Assert.Equal((5, 0, 3), (type.Offset, type.BitOffset, type.BitSize));
        KernelField second = types.Field("orc_entry", "bp_reg");
        Assert.Equal((4, 4, 4, 1), (second.Offset, second.BitOffset, second.BitSize, second.Size));
        Assert.Equal(0, types.Field("orc_entry", "sp_offset").BitSize);
    }

    [Fact]
    public void Enumerations_have_their_values()
    {
        BtfBuilder btf = new();
        btf.Enum("maple_type", ("maple_dense", 0), ("maple_leaf_64", 1), ("minus", -5));
        btf.Enum64("large", ("huge", 0x1_2345_6789_ABCD));
        KernelTypes types = Types(btf);
        Assert.Equal(1, types.ValueOf("maple_type", "maple_leaf_64"));
        Assert.Equal(-5, types.ValueOf("maple_type", "minus"));
        Assert.Equal(0x1_2345_6789_ABCD, types.ValueOf("large", "huge"));
    }

    [Fact]
    public void What_a_kernel_does_not_have_is_an_error_that_names_it()
    {
        BtfBuilder btf = new();
        btf.Struct("task_struct", 8, ("pid", btf.Int("int", 4), 0, 0));
        KernelTypes types = Types(btf);
        Assert.Contains("RK0603: the guest's kernel has no task_struct.tgid", Assert.Throws<ReplayKitException>(() => types.Field("task_struct", "tgid")).Message, StringComparison.Ordinal);
        Assert.Contains("no mm_struct", Assert.Throws<ReplayKitException>(() => types.SizeOf("mm_struct")).Message, StringComparison.Ordinal);
        Assert.Contains("no task_struct.__state/state", Assert.Throws<ReplayKitException>(() => types.FieldOfAny("task_struct", "__state", "state")).Message, StringComparison.Ordinal);
        Assert.Equal(0, types.FieldOfAny("task_struct", "thread_pid", "pid").Offset);
    }

    [Fact]
    public void A_structure_is_meant_rather_than_a_typedef_of_its_name()
    {
        BtfBuilder btf = new();
        btf.Typedef("file", btf.Int("int", 4));
        btf.Struct("file", 100, ("f_op", 1, 0, 0));
        Assert.Equal(100, Types(btf).SizeOf("file"));
    }

    [Fact]
    public void A_kind_of_type_that_is_not_known_makes_the_table_unreadable()
    {
        BtfBuilder btf = new();
        btf.OfKind(20, "new", 4);
        Assert.Null(BtfTypes.Parse(btf.Bytes()));
    }

    [Fact]
    public void Types_that_contain_themselves_end()
    {
        BtfBuilder btf = new();
        btf.Typedef("loop", 1);
        btf.Array(2, 3);
        btf.Struct("self", 8, (string.Empty, 3, 0, 0), (string.Empty, 3, 0, 0), (string.Empty, 3, 0, 0));
        KernelTypes types = Types(btf);
        Assert.Equal(0, types.Table.Resolve(1));
        Assert.Equal(0, types.Table.SizeOf(2));
        Assert.False(types.TryField("self", "x", out _));
    }

    [Fact]
    public void A_table_with_flipped_bits_is_refused_or_read_and_never_a_crash()
    {
        BtfBuilder btf = new();
        int word = btf.Int("int", 4, signed: true);
        int inner = btf.Struct("inner", 8, ("low", word, 0, 3), ("high", word, 3, 29));
        btf.Struct("outer", 64, ("p", btf.Pointer(inner), 0, 0), (string.Empty, inner, 64, 0), ("a", btf.Array(inner, 4), 128, 0));
        btf.Enum("e", ("one", 1), ("two", 2));
        btf.Enum64("f", ("one", 1));
        Mutations.Run(20_000, btf.Bytes(), mutated =>
        {
            if (BtfTypes.Parse(mutated) is not { } table)
            {
                return;
            }

            KernelTypes types = new(table);
            for (int id = -1; id <= table.Count; id++)
            {
                _ = (table.NameOf(id), table.SizeOf(id), table.Resolve(id), table.TargetOf(id), table.LengthOf(id), table.IsSigned(id));
                Assert.True(table.MembersOf(id).Count() <= 0xFFFF && table.ValuesOf(id).Count() <= 0xFFFF);
                _ = types.TryField(id, "high", out _) | types.TryField(id, "a[1].low", out _);
            }
        });
    }

    private static KernelTypes Types(BtfBuilder btf) => new(BtfTypes.Parse(btf.Bytes()) ?? throw new InvalidOperationException("not a table"));

    private static (int Offset, int Size) Place(KernelField field) => (field.Offset, field.Size);
}
