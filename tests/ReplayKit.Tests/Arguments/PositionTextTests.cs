using Guest.Machine;
using ReplayKit.Cli;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Tests.Arguments;

public sealed class PositionTextTests
{
    private static readonly RecordingPlaces Whole = new(default, new Position(0, 0x1000));
    private static readonly RecordingPlaces Child = new(new Position(0, 0x1000), new Position(0, 0x2000));

    [Theory]
    [InlineData("0:10", 0x10)]
    [InlineData("10", 10)]
    [InlineData("0%", 0)]
    [InlineData("50%", 0x800)]
    [InlineData("12.5%", 0x200)]
    [InlineData("100%", 0x1000)]
    [InlineData("start", 0)]
    [InlineData("end", 0x1000)]
    [InlineData("4096", 0x1000)]
    public void A_position_is_found_in_the_recording(string text, ulong retired) =>
        Assert.Equal(new Position(0, retired), PositionText.Parse(text).In(Whole));

    [Theory]
    [InlineData("0:1000", 0x1000)]
    [InlineData("start", 0x1000)]
    [InlineData("25%", 0x1400)]
    [InlineData("end", 0x2000)]
    public void A_recording_that_begins_later_has_its_percentages_from_there(string text, ulong retired) =>
        Assert.Equal(new Position(0, retired), PositionText.Parse(text).In(Child));

    [Fact]
    public void A_position_before_the_start_is_refused_by_name() =>
        Assert.Equal(306, Assert.Throws<ReplayKitException>(() => PositionText.Parse("0:fff").In(Child)).Code);

    [Theory]
    [InlineData("console-input")]
    [InlineData("time-anchor:2")]
    [InlineData("checkpoint:-1")]
    public void An_event_that_the_recording_does_not_have_is_refused_by_name(string text) =>
        Assert.Equal(306, Assert.Throws<ReplayKitException>(() => PositionText.Parse(text).In(Whole)).Code);

    [Fact]
    public void A_position_inside_a_REP_instruction_keeps_its_count() =>
        Assert.Equal(new Position(0, 0x20, 0x3f), PositionText.Parse("0:20@3f").In(Whole));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("0x10")]
    [InlineData("101%")]
    [InlineData("-5%")]
    [InlineData("%")]
    [InlineData("0:")]
    [InlineData(":10")]
    [InlineData("0:10@")]
    [InlineData("soon")]
    [InlineData("console-input:0")]
    [InlineData("console-input:two")]
    [InlineData("no-such-event:1")]
    public void Another_text_is_refused_by_name(string text) =>
        Assert.Equal(305, Assert.Throws<ReplayKitException>(() => PositionText.Parse(text)).Code);

    [Theory]
    [InlineData("0:1001")]
    [InlineData("4097")]
    [InlineData("1:10")]
    public void A_position_behind_the_end_is_refused_by_name(string text) =>
        Assert.Equal(306, Assert.Throws<ReplayKitException>(() => PositionText.Parse(text).In(Whole)).Code);
}
