using Guest.Linux.Files;
using Guest.Linux.Tasks;
using Guest.Linux.Tests.Crafted;
using Guest.Machine;

namespace Guest.Linux.Tests.Files;

/// <summary>Paths, pages and descriptors.</summary>
public sealed class FileTests
{
    [Fact]
    public void Paths_go_over_mounts_and_say_what_was_deleted()
    {
        using CraftedSpaces spaces = new(1);
        ulong directory = spaces.NewEntry("mnt", spaces.Root, 5);
        ulong otherRoot = spaces.NewEntry("/", 0, 2);
        spaces.Kernel.Set(otherRoot, "dentry.d_parent", otherRoot);
        ulong inner = spaces.NewMount(otherRoot, spaces.Mount, directory);
        ulong below = spaces.NewEntry("größe", spaces.NewEntry("deep", otherRoot, 8), 9);
        ulong gone = spaces.NewEntry("gone", spaces.Root, 10);
        spaces.Kernel.Write64(spaces.Kernel.AddressOf(gone, "dentry.d_hash") + 8, 0);
        FileReader files = spaces.Kernel.Start().Files;
        Assert.Equal("/mnt/deep/größe", Read(files, spaces.NewFile(below, inner, 1, out _)).Path);
        Assert.Equal("/mnt", Read(files, spaces.NewFile(otherRoot, inner, 1, out _)).Path);
        Assert.Equal("/", Read(files, spaces.NewFile(spaces.Root, spaces.Mount, 1, out _)).Path);
        Assert.Equal("/gone (deleted)", Read(files, spaces.NewFile(gone, spaces.Mount, 1, out _)).Path);
        GuestFile file = Read(files, spaces.NewFile(below, inner, 1234, out _));
        Assert.Equal((8u, 1u, 9UL, 1234UL), (file.Identity.Major, file.Identity.Minor, file.Identity.Inode, file.Size));
    }

    [Fact]
    public void A_path_in_a_circle_is_unknown_and_so_is_one_that_leads_astray()
    {
        using CraftedSpaces spaces = new(2);
        ulong one = spaces.NewEntry("one", spaces.Root, 5);
        ulong two = spaces.NewEntry("two", one, 6);
        spaces.Kernel.Set(one, "dentry.d_parent", two);
        ulong astray = spaces.NewEntry("astray", 0x1234, 7);
        FileReader files = spaces.Kernel.Start().Files;
        Assert.Equal(FileReader.UnknownPath, Read(files, spaces.NewFile(two, spaces.Mount, 1, out _)).Path);
        Assert.Equal(FileReader.UnknownPath, Read(files, spaces.NewFile(astray, spaces.Mount, 1, out _)).Path);
        Assert.Null(files.Read(new GuestVirtual(0x1234)));
    }

    [Theory]
    [InlineData("pipefs", "pipe:[77]")]
    [InlineData("sockfs", "socket:[77]")]
    [InlineData("anon_inodefs", "anon_inode:[eventfd]")]
    [InlineData("tmpfs", "/[eventfd] (deleted)")]
    [InlineData("nsfs", "nsfs:[77]")]
    public void Files_that_are_mounted_nowhere_have_the_names_of_proc(string kind, string path)
    {
        using CraftedSpaces spaces = new(3);
        ulong type = spaces.Kernel.Read64(spaces.Kernel.AddressOf(spaces.FileSystem, "super_block.s_type"));
        spaces.Kernel.Set(type, "file_system_type.name", spaces.Kernel.NewText(kind));
        spaces.Kernel.Set(spaces.FileSystem, "super_block.s_flags", 1 << 22);
        ulong file = spaces.NewFile(spaces.NewEntry("[eventfd]", spaces.Root, 77), spaces.Mount, 0, out _);
        Assert.Equal(path, Read(spaces.Kernel.Start().Files, file).Path);
    }

    [Fact]
    public void Pages_are_found_at_every_depth_and_inside_large_folios()
    {
        using CraftedSpaces spaces = new(4);
        ulong file = spaces.NewFile(spaces.NewEntry("big", spaces.Root, 5), spaces.Mount, 1 << 30, out ulong mapping);
        ulong large = spaces.Folio(mapping, 64 + 8, 0x40, 4);
        spaces.SetHead(mapping, spaces.XaNode(6,
            (0, spaces.XaNode(0, (3, spaces.Folio(mapping, 3, 0x33)), (4, 0x77 << 1 | 1), (5, spaces.Folio(mapping, 6, 0x11)))),
            (1, spaces.XaNode(0, (8, large), (9, (8 << 2) | 2), (10, (8 << 2) | 2), (11, (8 << 2) | 2)))));
        GuestFile found = Read(spaces.Kernel.Start().Files, file);
        Assert.Equal(0x33, ByteAt(found, 3));
        Assert.Equal([0x40, 0x41, 0x42, 0x43], Enumerable.Range(72, 4).Select(page => ByteAt(found, page)));
        foreach (int page in new[] { 0, 4, 5, 6, 71, 76, 128, 64 * 64 })
        {
            Assert.Equal(-1, ByteAt(found, page));
        }

        byte[] across = new byte[4];
        Assert.True(found.TryRead((73 << 12) - 2, across));
        Assert.Equal([0x40, 0x40, 0x41, 0x41], across);
    }

    [Fact]
    public void A_page_of_another_file_is_none_of_this_one()
    {
        using CraftedSpaces spaces = new(5);
        ulong file = spaces.NewFile(spaces.NewEntry("one", spaces.Root, 5), spaces.Mount, 4096, out ulong mapping);
        spaces.SetHead(mapping, spaces.Folio(mapping + 8, 0, 1));
        ulong single = spaces.NewFile(spaces.NewEntry("two", spaces.Root, 6), spaces.Mount, 4096, out ulong own);
        spaces.SetHead(own, spaces.Folio(own, 0, 2));
        FileReader files = spaces.Kernel.Start().Files;
        Assert.Equal(-1, ByteAt(Read(files, file), 0));
        Assert.Equal(2, ByteAt(Read(files, single), 0));
        Assert.Equal(-1, ByteAt(Read(files, single), 1));
    }

    [Fact]
    public void Descriptors_are_listed_with_what_they_refer_to()
    {
        using CraftedSpaces spaces = new(6);
        ulong task = spaces.Tasks.Start(5, spaces.Tasks.Idle, "five");
        ulong table = spaces.Kernel.New("fdtable");
        ulong array = spaces.Kernel.Allocate(64 * 8);
        ulong descriptors = spaces.Kernel.New("files_struct");
        spaces.Kernel.Set(task, "task_struct.files", descriptors);
        spaces.Kernel.Set(descriptors, "files_struct.fdt", table);
        spaces.Kernel.Set(table, "fdtable.max_fds", 64);
        spaces.Kernel.Set(table, "fdtable.fd", array);
        ulong file = spaces.NewFile(spaces.NewEntry("log", spaces.Root, 5), spaces.Mount, 100, out _);
        spaces.Kernel.Set(file, "file.f_flags", 0x8401);
        spaces.Kernel.Set(file, "file.f_pos", 42);
        spaces.Kernel.Write64(array + (3 * 8), file);
        LinuxKernel kernel = spaces.Kernel.Start();
        GuestTask five = kernel.Tasks.Read(new GuestVirtual(task))!;
        OpenFile opened = Assert.Single(kernel.Files.OpenedBy(five).Items);
        Assert.Equal((3, "/log", 0x8401u, 42UL), (opened.Descriptor, opened.File.Path, opened.Flags, opened.Position));
        spaces.Kernel.Write64(array + (5 * 8), 0x4444);
        Assert.Contains("descriptor 5", kernel.Files.OpenedBy(five).Missing, StringComparison.Ordinal);
        spaces.Kernel.Set(task, "task_struct.files", 0);
        Assert.False(kernel.Files.OpenedBy(five).IsComplete);
    }

    private static int ByteAt(GuestFile file, int page)
    {
        byte[] bytes = new byte[1];
        return file.TryRead((ulong)page << 12, bytes) ? bytes[0] : -1;
    }

    private static GuestFile Read(FileReader files, ulong file) => files.Read(new GuestVirtual(file))!;
}
