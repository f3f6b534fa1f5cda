using Guest.Linux.AddressSpaces;
using Guest.Linux.Memory;
using Guest.Linux.Tests.Crafted;
using Guest.Machine;

namespace Guest.Linux.Tests.AddressSpaces;

/// <summary>Trees of memory areas, whole and broken, and reading through them.</summary>
public sealed class AreaTests
{
    private const ulong End = ulong.MaxValue;

    [Fact]
    public void Areas_of_a_tree_of_one_leaf_have_their_names_and_rights()
    {
        using CraftedSpaces spaces = new(1);
        spaces.Kernel.Set(spaces.Space, "mm_struct.start_brk", 0x60_0000);
        spaces.Kernel.Set(spaces.Space, "mm_struct.brk", 0x60_3000);
        spaces.Kernel.Set(spaces.Space, "mm_struct.start_stack", 0x7FFF_0000_1000);
        ulong named = spaces.Area(0x70_0000, 0x70_1000, 3);
        ulong text = spaces.Kernel.New("anon_vma_name");
        spaces.Kernel.SetText(text, "anon_vma_name.name", "arena");
        spaces.Kernel.Set(named, "vm_area_struct.anon_name", text);
        spaces.SetTree(spaces.Node(CraftedSpaces.LeafKind, End, (0x3F_FFFF, 0), (0x40_0FFF, spaces.Area(0x40_0000, 0x40_1000, 0x85)), (0x5F_FFFF, 0),
            (0x60_2FFF, spaces.Area(0x60_0000, 0x60_3000, 3)), (0x6F_FFFF, 0), (0x70_0FFF, named), (0x7FFE_FFFF_FFFF, 0),
            (0x7FFF_0000_2FFF, spaces.Area(0x7FFF_0000_0000, 0x7FFF_0000_3000, 3)), (End, 0)));
        AddressSpace space = Start(spaces);
        Listing<MappedArea> areas = space.Areas();
        Assert.True(areas.IsComplete);
        Assert.Equal(["", "[heap]", "[anon:arena]", "[stack]"], areas.Items.Select(area => area.Name));
        Assert.Equal(["r-xs", "rw-p", "rw-p", "rw-p"], areas.Items.Select(area => area.RightsText));
        Assert.Equal("[heap]", space.AreaAt(new GuestVirtual(0x60_2FFF))!.Name);
        Assert.Null(space.AreaAt(new GuestVirtual(0x60_3000)));
        Assert.Null(space.AreaAt(new GuestVirtual(End)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Trees_of_every_shape_give_all_areas_in_order(int seed)
    {
        Random random = new(seed);
        using CraftedSpaces spaces = new(seed);
        List<(ulong Start, ulong End)> expected = [];
        ulong at = 0x1000;
        spaces.SetTree(Subtree(spaces, random, seed, ref at, End, expected));
        AddressSpace space = Start(spaces);
        Listing<MappedArea> areas = space.Areas();
        Assert.True(areas.IsComplete, areas.Missing);
        Assert.Equal(expected, areas.Items.Select(area => (area.Start.Value, area.End.Value)));
        foreach ((ulong start, ulong end) in expected)
        {
            Assert.Equal(start, space.AreaAt(new GuestVirtual(end - 1))!.Start.Value);
            Assert.Equal(start, space.AreaAt(new GuestVirtual(start))!.Start.Value);
        }
    }

    [Fact]
    public void A_tree_in_a_circle_ends_with_a_part_and_the_reason()
    {
        using CraftedSpaces spaces = new(5);
        ulong leaf = spaces.Node(CraftedSpaces.LeafKind, 0x5FFF, (0x1FFF, spaces.Area(0x1000, 0x2000, 1)), (0x5FFF, 0));
        ulong root = spaces.Node(CraftedSpaces.AllocationKind, End, (0x5FFF, leaf), (End, 0x1234_0000 | 6));
        spaces.Kernel.Write64(spaces.Kernel.AddressOf(root & ~0xFFUL, "maple_arange_64.slot") + 8, root);
        spaces.SetTree(root);
        Listing<MappedArea> areas = Start(spaces).Areas();
        Assert.Contains("circle", areas.Missing, StringComparison.Ordinal);
        Assert.Single(areas.Items);
    }

    [Fact]
    public void A_node_whose_bounds_are_out_of_order_gives_a_part_and_the_reason()
    {
        using CraftedSpaces spaces = new(6);
        spaces.SetTree(spaces.Node(CraftedSpaces.LeafKind, End, (0xFFF, 0), (0x1FFF, spaces.Area(0x1000, 0x2000, 1)), (0x1800, spaces.Area(0x2000, 0x3000, 1)), (End, 0)));
        Listing<MappedArea> areas = Start(spaces).Areas();
        Assert.Contains("being changed", areas.Missing, StringComparison.Ordinal);
        Assert.Single(areas.Items);
    }

    [Fact]
    public void An_area_of_another_process_is_none_of_this_one()
    {
        using CraftedSpaces spaces = new(7);
        ulong foreign = spaces.Area(0x2000, 0x3000, 1);
        spaces.Kernel.Set(foreign, "vm_area_struct.vm_mm", spaces.Tasks.Idle);
        spaces.SetTree(spaces.Node(CraftedSpaces.LeafKind, End, (0xFFF, 0), (0x1FFF, spaces.Area(0x1000, 0x2000, 1)), (0x2FFF, foreign), (End, 0)));
        Listing<MappedArea> areas = Start(spaces).Areas();
        Assert.Contains("no area of the process", areas.Missing, StringComparison.Ordinal);
        Assert.Single(areas.Items);
    }

    [Fact]
    public void Memory_reads_through_page_tables_and_where_nothing_was_touched_yet_through_the_file()
    {
        using CraftedSpaces spaces = new(8);
        ulong entry = spaces.NewEntry("prog", spaces.Root, 11);
        ulong file = spaces.NewFile(entry, spaces.Mount, 0x3000, out ulong mapping);
        spaces.SetHead(mapping, spaces.XaNode(0, (1, spaces.Folio(mapping, 1, 0x51)), (2, spaces.Folio(mapping, 2, 0x52))));
        spaces.SetTree(spaces.Node(CraftedSpaces.LeafKind, End, (0xFFF, 0), (0x4FFF, spaces.Area(0x1000, 0x5000, 5, file, 0)), (0x6FFF, spaces.Area(0x5000, 0x7000, 3)), (End, 0)));
        ulong page = spaces.Kernel.NewPage();
        spaces.Kernel.WriteBytes(page + CraftedKernel.DirectMap, [0x99, 0x98]);
        spaces.Kernel.Map(spaces.Tables, 0x2000, page);
        spaces.Kernel.Map(spaces.Tables, 0x6000, 0x1234_5000);
        AddressSpace space = Start(spaces);
        byte[] bytes = new byte[2];
        Assert.True(space.TryRead(new GuestVirtual(0x2000), bytes));
        Assert.Equal([0x99, 0x98], bytes);
        Assert.True(space.TryRead(new GuestVirtual(0x3FFF - 4096), bytes.AsSpan(0, 1)));
        Assert.Equal(0, bytes[0]);
        Assert.True(space.TryRead(new GuestVirtual(0x3000), bytes));
        Assert.Equal([0x52, 0x52], bytes);
        Assert.False(space.TryRead(new GuestVirtual(0x1000), bytes));
        Assert.True(space.TryRead(new GuestVirtual(0x5000), bytes));
        Assert.Equal([0, 0], bytes);
        Assert.False(space.TryRead(new GuestVirtual(0x6000), bytes));
        Assert.False(space.TryRead(new GuestVirtual(0x9000), bytes));
        Assert.Equal(2, space.ReadUpTo(new GuestVirtual(0x5FFE), new byte[8]));
    }

    [Fact]
    public void Command_lines_are_split_and_titles_are_taken_as_they_are()
    {
        using CraftedSpaces spaces = new(9);
        ulong page = spaces.Kernel.NewPage();
        spaces.Kernel.WriteBytes(page + CraftedKernel.DirectMap, "prog\0-a\0\0b\0HOME=/\0"u8);
        spaces.Kernel.Map(spaces.Tables, 0x7000, page);
        spaces.Kernel.Set(spaces.Space, "mm_struct.arg_start", 0x7000);
        spaces.Kernel.Set(spaces.Space, "mm_struct.arg_end", 0x700B);
        spaces.Kernel.Set(spaces.Space, "mm_struct.env_start", 0x700B);
        spaces.Kernel.Set(spaces.Space, "mm_struct.env_end", 0x7012);
        ulong task = spaces.Tasks.Start(5, spaces.Tasks.Idle, "prog", mm: spaces.Space);
        LinuxKernel kernel = spaces.Kernel.Start();
        Assert.Equal(["prog", "-a", "", "b"], kernel.AddressSpaces.CommandLineOf(kernel.Tasks.Read(new GuestVirtual(task))!)!);
        spaces.Kernel.WriteBytes(page + CraftedKernel.DirectMap, "prog: a long title here"u8);
        Assert.Equal(["prog: a long titl"], kernel.AddressSpaces.CommandLineOf(kernel.Tasks.Read(new GuestVirtual(task))!)!.Select(text => text[..17]));
        Assert.Null(kernel.AddressSpaces.CommandLineOf(kernel.Tasks.Read(new GuestVirtual(spaces.Tasks.Idle))!));
        Assert.Equal(5, kernel.AddressSpaces.OwnerOf(spaces.Tables | 0x8000_0000_0000_0005)!.Pid);
        Assert.Null(kernel.AddressSpaces.OwnerOf(0x77000));
    }

    // A tree of random shape over what is above "at" and up to "last"; some slots are empty, some nodes are full.
    private static ulong Subtree(CraftedSpaces spaces, Random random, int levels, ref ulong at, ulong last, List<(ulong Start, ulong End)> expected)
    {
        int kind = levels == 1 ? CraftedSpaces.LeafKind : random.Next(2) == 0 ? CraftedSpaces.AllocationKind : CraftedSpaces.RangeKind;
        int count = kind == CraftedSpaces.AllocationKind ? random.Next(2, 11) : random.Next(3) == 0 ? 16 : random.Next(2, 16);
        count = levels == 1 ? count : Math.Min(count, 4);
        List<(ulong Last, ulong Value)> slots = [];
        for (int i = 0; i < count; i++)
        {
            ulong first = at;
            bool isLast = i == count - 1;
            if (levels > 1)
            {
                ulong bound = isLast ? last : 0;
                ulong child = isLast ? Subtree(spaces, random, levels - 1, ref at, last, expected) : Inner(spaces, random, levels - 1, ref at, expected, out bound);
                slots.Add((bound, child));
                at = bound + 1;
                continue;
            }

            at = first + ((ulong)random.Next(1, 9) << 12);
            ulong area = random.Next(3) == 0 || isLast ? 0 : spaces.Area(first, at, 1);
            if (area != 0)
            {
                expected.Add((first, at));
            }

            slots.Add((isLast ? last : at - 1, area));
        }

        return spaces.Node(kind, last, [.. slots]);
    }

    private static ulong Inner(CraftedSpaces spaces, Random random, int levels, ref ulong at, List<(ulong Start, ulong End)> expected, out ulong last)
    {
        last = at + (0x10_0000UL << (4 * levels)) - 1;
        return Subtree(spaces, random, levels, ref at, last, expected);
    }

    private static AddressSpace Start(CraftedSpaces spaces)
    {
        ulong task = spaces.Tasks.Start(77, spaces.Tasks.Idle, "owner", mm: spaces.Space);
        LinuxKernel kernel = spaces.Kernel.Start();
        return kernel.AddressSpaces.Of(kernel.Tasks.Read(new GuestVirtual(task))!)!;
    }
}
