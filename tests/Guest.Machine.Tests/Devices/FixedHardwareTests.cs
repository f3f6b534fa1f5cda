using Guest.Machine.Board;

namespace Guest.Machine.Tests.Devices;

public sealed class FixedHardwareTests
{
    private readonly TestBoard board = new();

    [Fact]
    public void The_PM_timer_counts_3579545_cycles_a_second_in_32_bits()
    {
        Assert.Equal(0u, board.In32(0x608));
        board.AdvanceTo(1_000_000_000);
        Assert.Equal(3_579_545u, board.In32(0x608));
        board.AdvanceTo(1_200_000_000_000);
        Assert.Equal(unchecked((uint)(1200ul * 3_579_545)), board.In32(0x608));
        Assert.Equal((uint)((1200ul * 3_579_545) >> 8) & 0xFF, board.In(0x609));
    }

    [Fact]
    public void The_timers_status_is_set_when_its_highest_bit_changes_and_cleared_by_a_one()
    {
        ulong change = (ulong)((((UInt128)1 << 31) * 1_000_000_000 / 3_579_545) + 1);
        board.AdvanceTo(change - 1);
        Assert.Equal(0u, board.Board.Ports.Read(0x600, 2));
        board.AdvanceTo(change);
        Assert.Equal(1u, board.Board.Ports.Read(0x600, 2));
        board.Board.Ports.Write(0x600, 2, 0xFFFE);
        Assert.Equal(1u, board.Board.Ports.Read(0x600, 2));
        board.Board.Ports.Write(0x600, 2, 1);
        Assert.Equal(0u, board.Board.Ports.Read(0x600, 2));
    }

    [Fact]
    public void The_timers_interrupt_is_level_triggered_and_comes_at_the_change()
    {
        board.RouteIoApic(9, 0x8051);
        board.Board.Ports.Write(0x602, 2, 1);
        ulong deadline = board.Board.Timers[TimerNumbers.PmTimer].Deadline;
        Assert.Equal((ulong)((((UInt128)1 << 31) * 1_000_000_000 / 3_579_545) + 1), deadline);
        board.AdvanceTo(deadline);
        Assert.Equal(0x51, board.Apic.Acknowledge());
        board.Board.Ports.Write(0x600, 2, 1);
        board.ApicWrite(0xB0, 0);
        Assert.False(board.Apic.HasInterrupt);
        Assert.True(board.Board.Timers[TimerNumbers.PmTimer].Deadline > deadline);
    }

    [Fact]
    public void ACPI_is_on_from_the_start_and_cannot_be_switched_off()
    {
        Assert.Equal(1u, board.Board.Ports.Read(0x604, 2));
        board.Board.Ports.Write(0x604, 2, 0);
        Assert.Equal(1u, board.Board.Ports.Read(0x604, 2));
    }

    [Fact]
    public void Sleep_type_5_switches_the_machine_off_as_Linux_does_it()
    {
        board.Board.Ports.Write(0x604, 2, 5 << 10);
        Assert.False(board.PoweredOff);
        board.Board.Ports.Write(0x604, 2, (5 << 10) | (1 << 13));
        Assert.True(board.PoweredOff);
    }

    [Fact]
    public void Other_sleep_types_do_nothing()
    {
        for (uint type = 0; type < 8; type++)
        {
            if (type != 5)
            {
                board.Board.Ports.Write(0x604, 2, (type << 10) | (1 << 13));
            }
        }

        Assert.False(board.PoweredOff);
    }

    [Theory]
    [InlineData((ushort)0xCF9, (byte)0x06, true)]
    [InlineData((ushort)0xCF9, (byte)0x02, false)]
    [InlineData((ushort)0x64, (byte)0xFE, true)]
    [InlineData((ushort)0x64, (byte)0xAA, false)]
    [InlineData((ushort)0x92, (byte)0x01, true)]
    [InlineData((ushort)0x92, (byte)0x02, false)]
    public void The_reset_ports_reset(ushort port, byte value, bool resets)
    {
        board.Out(port, value);
        Assert.Equal(resets, board.WasReset);
    }

    [Fact]
    public void Linux_finds_configuration_mechanism_1_and_a_host_bridge()
    {
        board.Out(0xCFB, 0x01);
        uint saved = board.In32(0xCF8);
        board.Board.Ports.Write(0xCF8, 4, 0x8000_0000);
        Assert.Equal(0x8000_0000u, board.In32(0xCF8));
        board.Board.Ports.Write(0xCF8, 4, saved);

        board.Board.Ports.Write(0xCF8, 4, 0x8000_0008);
        Assert.Equal(0x0600u, board.Board.Ports.Read(0xCFE, 2));
        board.Board.Ports.Write(0xCF8, 4, 0x8000_0000);
        Assert.Equal(0x1B36u, board.Board.Ports.Read(0xCFC, 2));
        board.Board.Ports.Write(0xCF8, 4, 0x8000_000C);
        Assert.Equal(0, board.In(0xCFE));
    }

    [Theory]
    [InlineData(0x8000_0800u)]
    [InlineData(0x8000_0100u)]
    [InlineData(0x8001_0000u)]
    [InlineData(0x0000_0000u)]
    public void Nothing_else_is_on_the_PCI_bus(uint address)
    {
        board.Board.Ports.Write(0xCF8, 4, address);
        Assert.Equal(0xFFFF_FFFFu, board.In32(0xCFC));
    }

    [Fact]
    public void The_configuration_space_in_memory_shows_the_same_bus()
    {
        Assert.Equal(0x0008_1B36ul, Configuration(0, 4));
        Assert.Equal(0x0600ul, Configuration(0x0A, 2));
        Assert.Equal(0ul, Configuration(0x100, 4));
        Assert.Equal(0xFFFF_FFFFul, Configuration(0x8000, 4));
        Assert.Equal(0xFFFF_FFFF_0000_0000ul, Configuration(0xFFC, 8));
    }

    [Fact]
    public void Wide_accesses_to_byte_wide_devices_are_split_as_on_the_ISA_bus()
    {
        board.Board.Ports.Write(0x70, 2, 0x5A10);
        Assert.Equal(0x5AFFu, board.Board.Ports.Read(0x70, 2));
        Assert.Equal(0xFFFF_5AFFu, board.Board.Ports.Read(0x70, 4));
    }

    [Fact]
    public void Ports_and_addresses_that_nobody_claims_read_all_ones()
    {
        Assert.Equal(0xFFu, board.Board.Ports.Read(0x2F8, 1));
        Assert.Equal(0xFFFFu, board.Board.Ports.Read(0x1F0, 2));
        Assert.Equal(0xFFFF_FFFFu, board.Board.Ports.Read(0xFFFF, 4));
        Assert.Equal(ulong.MaxValue, board.Board.Mmio.Read(board.Apic, new GuestPhysical(0xFED0_0000), 8));
        Assert.Equal(0xFFFFul, board.Board.Mmio.Read(board.Apic, new GuestPhysical(ulong.MaxValue - 1), 2));
        board.Board.Ports.Write(0x2F8, 4, 0);
        board.Board.Mmio.Write(board.Apic, new GuestPhysical(0xFED0_0000), 8, 0);
    }

    [Fact]
    public void The_POST_port_keeps_its_last_byte()
    {
        board.Out(0x80, 0x5A);
        Assert.Equal(0x5A, board.In(0x80));
    }

    [Fact]
    public void Timers_are_listed_in_their_fixed_order_with_room_for_64_vCPUs()
    {
        var many = new TestBoard(cpus: PcBoard.MaxCpus);
        int[] numbers = [.. many.Board.Timers.Select(timer => timer.TimerNumber)];
        Assert.Equal([0, 1, 2, 3, .. Enumerable.Range(64, 64)], numbers);
        Assert.Equal(many.Board.Devices.Count, many.Board.Devices.Select(device => device.Name).Distinct().Count());
    }

    [Fact]
    public void Damaged_state_is_refused_by_name_or_taken_over_whole()
    {
        byte[] state = board.State();
        int refused = 0;
        for (int at = 0; at < state.Length; at++)
        {
            byte[] damaged = [.. state];
            damaged[at] ^= 0xFF;
            try
            {
                new TestBoard().Restore(damaged, 0);
            }
            catch (ReplayKitException error)
            {
                Assert.Equal(280, error.Code);
                refused++;
            }
        }

        Assert.InRange(refused, 1, state.Length);
        Assert.Equal(280, Assert.Throws<ReplayKitException>(() => new TestBoard().Restore(state[..^1], 0)).Code);
    }

    private ulong Configuration(ulong offset, int size) => board.Board.Mmio.Read(board.Apic, new GuestPhysical(0xE000_0000 + offset), size);
}
