using Guest.Machine.Board;
using Vmm.Record;

namespace ReplayKit.Tests.Determinism;

/// <summary>Where the recorder notes state hashes.</summary>
public sealed class HashScheduleTests
{
    private const ulong Second = 1_000_000_000;
    private const ulong Million = 1_000_000;

    [Fact]
    public void Under_a_virtual_clock_positions_follow_from_positions_alone()
    {
        ulong[] expected = [100, 200, 300, 400, 500, 625, 781];
        Assert.Equal(expected, Positions(new HashSchedule(null, ClockMode.Virtual), 0).Select(position => position / Million));
        Assert.Equal(expected, Positions(new HashSchedule(null, ClockMode.Virtual), 977 * Second).Select(position => position / Million));
    }

    [Fact]
    public void Under_a_virtual_clock_intervals_stay_below_two_billion_instructions()
    {
        HashSchedule schedule = new(null, ClockMode.Virtual);
        schedule.Noted(900_000 * Million, 0, 0);
        Assert.Equal(902_000 * Million, schedule.NextStop);
    }

    [Theory]
    [InlineData(ClockMode.Virtual)]
    [InlineData(ClockMode.Host)]
    public void A_number_of_instructions_that_is_asked_for_wins(ClockMode clock) =>
        Assert.Equal([20, 40, 60, 80, 100, 120, 140], Positions(new HashSchedule(20 * Million, clock), 3).Select(position => (int)(position / Million)));

    [Fact]
    public void Under_a_host_clock_four_seconds_pass_before_the_first_one_and_a_second_between_two_and_no_stop_is_asked_for()
    {
        HashSchedule schedule = new(null, ClockMode.Host);
        Assert.Equal(ulong.MaxValue, schedule.NextStop);
        Assert.False(schedule.IsDue(5 * Million, (4 * Second) - 1));
        Assert.True(schedule.IsDue(5 * Million, 4 * Second));
        schedule.Noted(5 * Million, (4 * Second) + 7, 0);
        Assert.Equal(ulong.MaxValue, schedule.NextStop);
        Assert.False(schedule.IsDue(6 * Million, (5 * Second) + 6));
        Assert.True(schedule.IsDue(6 * Million, (5 * Second) + 7));
    }

    [Fact]
    public void Under_a_host_clock_a_hash_takes_no_more_than_a_two_hundredth_of_the_time()
    {
        HashSchedule schedule = new(null, ClockMode.Host);
        schedule.Noted(1, Second, 30 * Million);
        Assert.False(schedule.IsDue(2, (7 * Second) - 1));
        Assert.True(schedule.IsDue(2, 7 * Second));
    }

    [Fact]
    public void Under_a_host_clock_a_guest_that_has_executed_nothing_needs_no_new_hash()
    {
        HashSchedule schedule = new(null, ClockMode.Host);
        schedule.Noted(5, Second, 0);
        Assert.False(schedule.IsDue(5, 100 * Second));
        Assert.True(schedule.IsDue(6, 100 * Second));
    }

    private static List<ulong> Positions(HashSchedule schedule, ulong host)
    {
        List<ulong> positions = [];
        for (int i = 0; i < 7; i++)
        {
            ulong next = schedule.NextStop;
            Assert.False(schedule.IsDue(next - 1, host));
            Assert.True(schedule.IsDue(next, host));
            schedule.Noted(next, host, host);
            positions.Add(next);
        }

        return positions;
    }
}
