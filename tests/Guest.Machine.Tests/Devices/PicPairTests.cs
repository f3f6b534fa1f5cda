namespace Guest.Machine.Tests.Devices;

public sealed class PicPairTests
{
    private readonly TestBoard board = new();

    public PicPairTests() => board.StartPics();

    [Fact]
    public void Linuxs_probe_reads_back_the_mask()
    {
        board.Out(0xA1, 0xFF);
        board.Out(0x21, 0xFB);
        Assert.Equal(0xFB, board.In(0x21));
        Assert.Equal(0xFF, board.In(0xA1));
    }

    [Fact]
    public void A_request_is_acknowledged_with_its_vector_and_blocks_those_below_until_its_end()
    {
        RaiseTimer();
        Assert.Equal(0x30, board.Apic.Acknowledge());
        RaiseSerial();
        Assert.False(board.Apic.HasInterrupt);
        Assert.Equal(0x01, InService(0x20));
        board.Out(0x20, 0x20);
        Assert.Equal(0x34, board.Apic.Acknowledge());
        board.Out(0x20, 0x64);
        Assert.Equal(0x00, InService(0x20));
    }

    [Fact]
    public void A_request_of_the_second_controller_comes_through_line_2()
    {
        RaiseClock();
        Assert.Equal(0x38, board.Apic.Acknowledge());
        Assert.Equal(0x04, InService(0x20));
        Assert.Equal(0x01, InService(0xA0));
        board.Out(0xA0, 0x60);
        board.Out(0x20, 0x62);
        Assert.Equal(0x00, InService(0x20));
        Assert.Equal(0x00, InService(0xA0));
    }

    [Fact]
    public void Two_requests_of_the_second_controller_come_one_after_the_other()
    {
        board.Out(0x21, 0xFB);
        board.Advance(700_000_000_000);
        board.Out(0x602, 1);
        RaiseClock();
        Assert.Equal(0x38, board.Apic.Acknowledge());
        Assert.False(board.Apic.HasInterrupt);
        board.Out(0xA0, 0x60);
        board.Out(0x20, 0x62);
        Assert.True(board.Apic.HasInterrupt);
        Assert.Equal(0x39, board.Apic.Acknowledge());
    }

    [Fact]
    public void A_masked_request_is_kept_until_the_mask_goes()
    {
        board.Out(0x21, 0x01);
        RaiseTimer();
        Assert.False(board.Apic.HasInterrupt);
        board.Out(0x20, 0x0A);
        Assert.Equal(0x01, board.In(0x20) & 1);
        board.Out(0x21, 0x00);
        Assert.Equal(0x30, board.Apic.Acknowledge());
    }

    [Fact]
    public void A_level_that_is_gone_at_the_acknowledge_is_spurious()
    {
        board.Advance(700_000_000_000);
        board.Out(0x21, 0xFB);
        board.Out(0x602, 1);
        Assert.True(board.Apic.HasInterrupt);
        board.Out(0x602, 0);
        Assert.Equal(0x3F, board.Apic.Acknowledge());
        Assert.Equal(0x04, InService(0x20));
        Assert.Equal(0x00, InService(0xA0));
    }

    [Fact]
    public void Automatic_end_leaves_nothing_in_service()
    {
        board.Out(0x20, 0x11);
        board.Out(0x21, 0x30);
        board.Out(0x21, 0x04);
        board.Out(0x21, 0x03);
        RaiseTimer();
        Assert.Equal(0x30, board.Apic.Acknowledge());
        Assert.Equal(0x00, InService(0x20));
    }

    [Fact]
    public void Rotation_gives_the_line_served_the_lowest_priority()
    {
        RaiseTimer();
        board.Apic.Acknowledge();
        board.Out(0x20, 0xA0);
        RaiseSerial();
        RaiseTimer();
        Assert.Equal(0x34, board.Apic.Acknowledge());
    }

    [Fact]
    public void Polling_acknowledges_and_names_the_line()
    {
        RaiseTimer();
        board.Out(0x20, 0x0C);
        Assert.Equal(0x80, board.In(0x20));
        Assert.Equal(0x01, InService(0x20));
        Assert.False(board.Apic.HasInterrupt);
    }

    [Fact]
    public void Special_mask_mode_lets_lower_lines_in_while_one_is_served()
    {
        RaiseTimer();
        board.Apic.Acknowledge();
        RaiseSerial();
        board.Out(0x20, 0x68);
        board.Out(0x21, 0x01);
        Assert.Equal(0x34, board.Apic.Acknowledge());
    }

    [Fact]
    public void The_edge_level_registers_keep_the_fixed_lines_on_edges()
    {
        Assert.Equal(0x02, board.In(0x4D1));
        board.Out(0x4D0, 0xFF);
        board.Out(0x4D1, 0xFF);
        Assert.Equal(0xF8, board.In(0x4D0));
        Assert.Equal(0xDE, board.In(0x4D1));
    }

    private byte InService(ushort port)
    {
        board.Out(port, 0x0B);
        return board.In(port);
    }

    private void RaiseTimer()
    {
        board.Out(0x43, 0x30);
        board.Out(0x40, 10);
        board.Out(0x40, 0);
        board.Advance(20_000);
    }

    private void RaiseSerial()
    {
        board.Out(0x3FC, 0x08);
        board.Out(0x3F9, 0x00);
        board.Out(0x3F9, 0x02);
    }

    private void RaiseClock()
    {
        board.Out(0x70, 0x0B);
        board.Out(0x71, 0x12);
        board.Advance(1_000_000_000);
    }
}
