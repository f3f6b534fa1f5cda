using System.Buffers.Binary;
using System.Text;
using Guest.Machine.Board.Boot;
using Guest.Machine.Memory;

namespace Guest.Machine.Tests.Board.Boot;

public sealed class LinuxLoaderTests : IDisposable
{
    private const ulong Megabyte = 1 << 20;
    private readonly GuestMemory memory = new(64 * Megabyte);

    public void Dispose() => memory.Dispose();

    [Fact]
    public void A_bzImage_is_loaded_where_it_prefers_and_entered_512_bytes_in()
    {
        byte[] file = KernelFiles.BzImage();
        BootState state = LinuxLoader.Load(memory, new LinuxImages { Kernel = file }, cpus: 1);
        Assert.Equal(KernelFiles.Preferred + 0x200, state.Rip.Value);
        Assert.Equal(file[KernelFiles.SetupSize..], Bytes(KernelFiles.Preferred, (int)KernelFiles.PayloadSize));
    }

    [Fact]
    public void A_bzImage_that_does_not_fit_at_its_address_goes_lower()
    {
        using var small = new GuestMemory(16 * Megabyte);
        BootState state = LinuxLoader.Load(small, new LinuxImages { Kernel = KernelFiles.BzImage() }, cpus: 1);
        Assert.Equal((2 * Megabyte) + 0x200, state.Rip.Value);
    }

    [Fact]
    public void An_ELF_kernel_is_loaded_by_its_segments_physical_addresses()
    {
        BootState state = LinuxLoader.Load(memory, new LinuxImages { Kernel = KernelFiles.Vmlinux() }, cpus: 1);
        Assert.Equal(0x100_0040ul, state.Rip.Value);
        Assert.All(Bytes(0x100_0000, 0x1000), value => Assert.Equal(0xC1, value));
        Assert.All(Bytes(0x120_0000, 0x800), value => Assert.Equal(0xD2, value));
        Assert.All(Bytes(0x120_0800, 0x1800), value => Assert.Equal(0, value));
        Assert.Equal("HdrS", Encoding.ASCII.GetString(Bytes(state.Rsi.Value + 0x202, 4)));
    }

    [Fact]
    public void The_parameters_name_command_line_initrd_seed_and_tables()
    {
        byte[] initrd = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        byte[] seed = [.. Enumerable.Range(1, 32).Select(i => (byte)(i * 5))];
        BootState state = LinuxLoader.Load(
            memory,
            new LinuxImages { Kernel = KernelFiles.BzImage(), Initrd = initrd, CommandLine = "console=ttyS0 quiet", RngSeed = seed },
            cpus: 1);
        ulong page = state.Rsi.Value;

        Assert.Equal("HdrS", Encoding.ASCII.GetString(Bytes(page + 0x202, 4)));
        Assert.Equal(0xFF, Bytes(page + 0x210, 1)[0]);
        Assert.Equal(0, Bytes(page + 0x1EF, 1)[0]);
        Assert.Equal("console=ttyS0 quiet\0", Encoding.ASCII.GetString(Bytes(U32(page + 0x228), 20)));

        uint initrdAt = U32(page + 0x218);
        Assert.Equal((uint)initrd.Length, U32(page + 0x21C));
        Assert.Equal(initrd, Bytes(initrdAt, initrd.Length));
        Assert.Equal((64 * Megabyte) - 0x2000, initrdAt);

        ulong data = U64(page + 0x250);
        Assert.Equal(0ul, U64(data));
        Assert.Equal(9u, U32(data + 8));
        Assert.Equal(32u, U32(data + 12));
        Assert.Equal(seed, Bytes(data + 16, 32));

        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(Bytes(U64(page + 0x70), 8)));
    }

    [Fact]
    public void The_memory_map_keeps_the_kernel_off_the_ROM_area_PCI_configuration_and_the_APICs()
    {
        using var large = new GuestMemory(4096 * Megabyte);
        ulong page = LinuxLoader.Load(large, new LinuxImages { Kernel = KernelFiles.BzImage() }, cpus: 1).Rsi.Value;
        byte[] count = new byte[1];
        large.Read(new GuestPhysical(page + 0x1E8), count);
        byte[] table = new byte[20 * count[0]];
        large.Read(new GuestPhysical(page + 0x2D0), table);
        var ranges = Enumerable.Range(0, count[0]).Select(i => (
            BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan(20 * i)),
            BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan((20 * i) + 8)),
            BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan((20 * i) + 16))));
        Assert.Equal(
            [
                (0ul, 0xA_0000ul, 1u),
                (0xA_0000ul, 0x6_0000ul, 2u),
                (0x10_0000ul, 0xBFF0_0000ul, 1u),
                (0xE000_0000ul, 0x10_0000ul, 2u),
                (0xFEC0_0000ul, 0x1000ul, 2u),
                (0xFEE0_0000ul, 0x1000ul, 2u),
                (0x1_0000_0000ul, 0x4000_0000ul, 1u),
            ],
            ranges);
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(0x1000ul)]
    [InlineData(0x100_0200ul)]
    [InlineData(0x7FFF_FFFFul)]
    [InlineData(0xFFFF_FFF8ul)]
    public void The_page_tables_map_the_first_four_gigabytes_to_themselves(ulong address)
    {
        BootState state = LinuxLoader.Load(memory, new LinuxImages { Kernel = KernelFiles.BzImage() }, cpus: 1);
        ulong table = state.Cr3.Value;
        for (int shift = 39; shift > 21; shift -= 9)
        {
            ulong entry = U64(table + (((address >> shift) & 0x1FF) * 8));
            Assert.Equal(3ul, entry & 0xFFF);
            table = entry & ~0xFFFul;
        }

        ulong page = U64(table + (((address >> 21) & 0x1FF) * 8));
        Assert.Equal(0x83ul, page & 0xFFF);
        Assert.Equal(address & ~0x1F_FFFFul, page & ~0xFFFul);
    }

    [Fact]
    public void The_segments_are_flat_64_bit_code_and_data_at_the_protocols_selectors()
    {
        BootState state = LinuxLoader.Load(memory, new LinuxImages { Kernel = KernelFiles.BzImage() }, cpus: 1);
        Assert.Equal(0x00AF_9B00_0000_FFFFul, U64(state.GdtBase.Value + BootState.CodeSelector));
        Assert.Equal(0x00CF_9300_0000_FFFFul, U64(state.GdtBase.Value + BootState.DataSelector));
        Assert.True(state.GdtLimit >= BootState.DataSelector + 7);
    }

    [Fact]
    public void A_file_that_is_no_kernel_is_refused() => AssertRefused(201, new LinuxImages { Kernel = new byte[100_000] });

    [Fact]
    public void An_empty_file_is_no_kernel() => AssertRefused(201, new LinuxImages { Kernel = Array.Empty<byte>() });

    [Fact]
    public void A_kernel_without_the_64_bit_entry_is_refused()
    {
        byte[] old = KernelFiles.BzImage();
        KernelFiles.Put16(old, 0x206, 0x020B);
        AssertRefused(202, new LinuxImages { Kernel = old });
        byte[] narrow = KernelFiles.BzImage();
        KernelFiles.Put16(narrow, 0x236, 0);
        AssertRefused(202, new LinuxImages { Kernel = narrow });
    }

    [Fact]
    public void A_cut_bzImage_is_refused_with_the_offset_of_the_cut() =>
        Assert.Contains("offset 9000", AssertRefused(203, new LinuxImages { Kernel = KernelFiles.BzImage().AsMemory(0, 9000) }), StringComparison.Ordinal);

    [Fact]
    public void Too_little_memory_for_the_kernel_is_said_with_the_address_it_needs()
    {
        using var tiny = new GuestMemory(4 * Megabyte);
        Assert.Equal(204, Assert.Throws<ReplayKitException>(() => LinuxLoader.Load(tiny, new LinuxImages { Kernel = KernelFiles.BzImage() }, 1)).Code);
    }

    [Fact]
    public void An_initrd_that_does_not_fit_beside_the_kernel_is_refused() =>
        AssertRefused(205, new LinuxImages { Kernel = KernelFiles.BzImage(), Initrd = new byte[60 * Megabyte] });

    [Fact]
    public void A_command_line_longer_than_the_kernel_takes_is_refused() =>
        AssertRefused(206, new LinuxImages { Kernel = KernelFiles.BzImage(), CommandLine = new string('a', 2048) });

    [Fact]
    public void Every_cut_and_every_flipped_byte_of_a_kernel_header_loads_or_is_refused_by_name()
    {
        foreach (byte[] file in new[] { KernelFiles.BzImage(), KernelFiles.Vmlinux() })
        {
            for (int length = 0; length < 0x300; length++)
            {
                LoadOrRefuse(file.AsMemory(0, length));
            }

            for (int at = 0; at < 0x300; at++)
            {
                foreach (byte mask in new byte[] { 1, 0x80, 0xFF })
                {
                    byte[] changed = [.. file];
                    changed[at] ^= mask;
                    LoadOrRefuse(changed);
                }
            }
        }
    }

    private void LoadOrRefuse(ReadOnlyMemory<byte> kernel)
    {
        try
        {
            LinuxLoader.Load(memory, new LinuxImages { Kernel = kernel, Initrd = new byte[10], RngSeed = new byte[32] }, cpus: 1);
        }
        catch (ReplayKitException error)
        {
            Assert.InRange(error.Code, 201, 206);
        }
    }

    private string AssertRefused(int code, LinuxImages images)
    {
        var error = Assert.Throws<ReplayKitException>(() => LinuxLoader.Load(memory, images, cpus: 1));
        Assert.Equal(code, error.Code);
        return error.Message;
    }

    private byte[] Bytes(ulong address, int count)
    {
        byte[] bytes = new byte[count];
        memory.Read(new GuestPhysical(address), bytes);
        return bytes;
    }

    private uint U32(ulong address) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(address, 4));

    private ulong U64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(address, 8));
}
