using System.Text;

namespace Guest.Machine.Tests.Devices;

public sealed class Uart16550Tests
{
    private const ushort Data = 0x3F8;
    private const ushort InterruptEnable = 0x3F9;
    private const ushort Identification = 0x3FA;
    private const ushort LineControl = 0x3FB;
    private const ushort ModemControl = 0x3FC;
    private const ushort LineStatus = 0x3FD;
    private const ushort ModemStatus = 0x3FE;
    private const ushort Scratch = 0x3FF;

    // 1 start, 8 data, 1 stop bit at 115200 bits a second.
    private const ulong Character = 10ul * 1_000_000_000 / 115_200;

    private readonly TestBoard board = new();

    [Fact]
    public void What_is_transmitted_leaves_at_once_and_the_transmitter_is_empty_again()
    {
        foreach (byte value in "Linux version"u8)
        {
            Assert.Equal(0x60, board.In(LineStatus));
            board.Out(Data, value);
        }

        Assert.Equal("Linux version", Encoding.ASCII.GetString([.. board.Sent]));
    }

    [Fact]
    public void Linuxs_probe_finds_a_16550A()
    {
        board.Out(InterruptEnable, 0x0F);
        Assert.Equal(0x0F, board.In(InterruptEnable));
        board.Out(InterruptEnable, 0);
        Assert.Equal(0, board.In(InterruptEnable));

        byte saved = board.In(ModemControl);
        board.Out(ModemControl, 0x1A);
        Assert.Equal(0x90, board.In(ModemStatus) & 0xF0);
        board.Out(ModemControl, saved);

        board.Out(LineControl, 0);
        board.Out(Identification, 0x01);
        Assert.Equal(0xC0, board.In(Identification) & 0xC0);
        board.Out(LineControl, 0x80);
        board.Out(Identification, 0x21);
        Assert.Equal(0, board.In(Identification) & 0x20);
        board.Out(LineControl, 0);
        board.Out(Scratch, 0xA5);
        Assert.Equal(0xA5, board.In(Scratch));
    }

    [Fact]
    public void Linuxs_test_for_a_transmitter_that_does_not_reassert_passes()
    {
        board.Out(InterruptEnable, 0x02);
        byte first = board.In(Identification);
        board.Out(InterruptEnable, 0);
        board.Out(InterruptEnable, 0x02);
        byte second = board.In(Identification);
        Assert.Equal(0x02, first & 0x0F);
        Assert.Equal(0x02, second & 0x0F);
        Assert.Equal(0x01, board.In(Identification) & 0x0F);
    }

    [Fact]
    public void The_divisor_latch_hides_data_and_interrupt_enable()
    {
        board.Out(LineControl, 0x83);
        board.Out(Data, 0x34);
        board.Out(InterruptEnable, 0x12);
        Assert.Equal(0x34, board.In(Data));
        Assert.Equal(0x12, board.In(InterruptEnable));
        board.Out(LineControl, 0x03);
        Assert.Equal(0, board.In(InterruptEnable));
        Assert.Empty(board.Sent);
    }

    [Fact]
    public void Typed_bytes_arrive_one_character_time_apart()
    {
        Open(trigger: 0x01);
        Assert.Equal(3, board.Board.Console.Receive("abc"u8));
        board.AdvanceTo(Character - 1);
        Assert.Equal(0x60, board.In(LineStatus));
        board.Advance(1);
        Assert.Equal(0x61, board.In(LineStatus));
        Assert.Equal((byte)'a', board.In(Data));
        Assert.Equal(0x60, board.In(LineStatus));
        board.Advance(2 * Character);
        Assert.Equal("bc", $"{(char)board.In(Data)}{(char)board.In(Data)}");
    }

    [Fact]
    public void The_trigger_level_interrupts_and_a_character_left_over_times_out()
    {
        Open(trigger: 0x41);
        board.Board.Console.Receive("12345"u8);
        board.AdvanceTo(3 * Character);
        Assert.Equal(0x01, board.In(Identification) & 0x0F);
        board.AdvanceTo(4 * Character);
        Assert.Equal(0x04, board.In(Identification) & 0x0F);
        board.AdvanceTo(5 * Character);
        for (int i = 0; i < 4; i++)
        {
            board.In(Data);
        }

        Assert.Equal(0x01, board.In(Identification) & 0x0F);
        board.Advance((4 * Character) - 1);
        Assert.Equal(0x01, board.In(Identification) & 0x0F);
        board.Advance(1);
        Assert.Equal(0x0C, board.In(Identification) & 0x0F);
        Assert.Equal((byte)'5', board.In(Data));
        Assert.Equal(0x01, board.In(Identification) & 0x0F);
    }

    [Fact]
    public void Nothing_typed_is_lost_while_the_guest_does_not_listen_or_read()
    {
        byte[] typed = [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7))];
        Assert.Equal(typed.Length, board.Board.Console.Receive(typed));
        board.Advance(1_000_000_000);
        Assert.Equal(0x60, board.In(LineStatus));
        board.Out(Identification, 0x07);
        Open(trigger: 0x81);
        board.Advance(1_000_000_000);
        var got = new List<byte>();
        while ((board.In(LineStatus) & 1) != 0)
        {
            got.Add(board.In(Data));
            board.Advance(Character);
        }

        Assert.Equal(typed, got);
    }

    [Fact]
    public void A_full_queue_takes_only_what_fits()
    {
        byte[] much = new byte[70_000];
        Assert.Equal(65_536, board.Board.Console.Receive(much));
        Assert.Equal(0, board.Board.Console.ReceiveRoom);
        Assert.Equal(0, board.Board.Console.Receive(much));
    }

    [Fact]
    public void Loopback_returns_what_is_sent_and_sends_nothing_out()
    {
        board.Out(Identification, 0x07);
        board.Out(ModemControl, 0x10);
        for (byte i = 0; i < 17; i++)
        {
            board.Out(Data, i);
        }

        Assert.Equal(0x63, board.In(LineStatus));
        Assert.Equal(0x61, board.In(LineStatus));
        for (byte i = 0; i < 16; i++)
        {
            Assert.Equal(i, board.In(Data));
        }

        Assert.Equal(0x60, board.In(LineStatus));
        Assert.Empty(board.Sent);
    }

    [Fact]
    public void Modem_status_reports_changes_once()
    {
        Assert.Equal(0xB0, board.In(ModemStatus));
        board.Out(ModemControl, 0x10);
        Assert.Equal(0x0B, board.In(ModemStatus));
        Assert.Equal(0x00, board.In(ModemStatus));
        board.Out(ModemControl, 0x14);
        Assert.Equal(0x40, board.In(ModemStatus));
        board.Out(ModemControl, 0x10);
        Assert.Equal(0x04, board.In(ModemStatus));
    }

    [Fact]
    public void The_interrupt_line_needs_OUT2_and_falls_when_the_cause_is_served()
    {
        board.RouteIoApic(4, 0x34);
        board.Out(InterruptEnable, 0x02);
        Assert.False(board.Apic.HasInterrupt);
        board.Out(ModemControl, 0x08);
        Assert.Equal(0x34, board.Apic.Acknowledge());
        board.ApicWrite(0xB0, 0);
        Assert.Equal(0x02, board.In(Identification) & 0x0F);
        Assert.False(board.Apic.HasInterrupt);
        board.Out(Data, (byte)'x');
        Assert.Equal(0x34, board.Apic.Acknowledge());
    }

    [Fact]
    public void Without_the_FIFO_one_character_is_held()
    {
        board.Out(LineControl, 0x80);
        board.Out(Data, 1);
        board.Out(LineControl, 0x03);
        board.Out(ModemControl, 0x0B);
        board.Board.Console.Receive("ab"u8);
        board.Advance(100 * Character);
        Assert.Equal((byte)'a', board.In(Data));
        Assert.Equal(0x60, board.In(LineStatus));
        board.Advance(Character);
        Assert.Equal((byte)'b', board.In(Data));
    }

    private void Open(byte trigger)
    {
        board.Out(LineControl, 0x83);
        board.Out(Data, 1);
        board.Out(InterruptEnable, 0);
        board.Out(LineControl, 0x03);
        board.Out(Identification, trigger);
        board.Out(InterruptEnable, 0x05);
        board.Out(ModemControl, 0x0B);
    }
}
