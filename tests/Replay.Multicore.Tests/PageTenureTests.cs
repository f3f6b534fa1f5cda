using Replay.Multicore;

namespace Replay.Multicore.Tests;

/// <summary>Who keeps a page how long, and who is given more than was asked for.</summary>
public sealed class PageTenureTests
{
    private const ulong Microsecond = 1000;

    [Fact]
    public void A_page_that_goes_to_and_fro_stays_longer_and_longer_but_not_for_ever()
    {
        PageTenure tenure = new(2);
        ulong now = 1_000_000;
        Assert.True(tenure.End(1) <= now);
        for (int time = 0; time < 20; time++)
        {
            tenure.Taken(1, write: true, now);
            now += Microsecond;
        }

        Assert.InRange(tenure.End(1) - now, 100 * Microsecond, 200 * Microsecond);
        Assert.True(tenure.End(0) <= now);
        tenure.Taken(1, write: true, now + (1000 * Microsecond));
        Assert.True(tenure.End(1) <= now + (1000 * Microsecond));
    }

    [Fact]
    public void Whoever_reads_does_not_keep_others_from_writing()
    {
        PageTenure tenure = new(1);
        tenure.Taken(0, write: true, 1_000_000);
        tenure.Taken(0, write: true, 1_001_000);
        ulong end = tenure.End(0);
        tenure.Taken(0, write: false, end);
        Assert.True(tenure.End(0) <= end + (10 * Microsecond));
    }

    [Fact]
    public void Whoever_has_written_after_reading_is_given_the_right_to_write_at_once_while_that_is_so()
    {
        PageTenure tenure = new(1);
        Assert.False(tenure.Asked(0, 1, write: false, reads: false));
        for (int time = 0; time < 2; time++)
        {
            _ = tenure.Asked(0, 1, write: false, reads: false);
            Assert.True(tenure.Asked(0, 1, write: true, reads: true));
        }

        Assert.True(tenure.Asked(0, 0, write: false, reads: false));
        Assert.Equal(1, tenure.Promotions);

        // Another one wants to write what this one has only read.
        int given = 0;
        for (int time = 0; time < 200; time++)
        {
            given = tenure.Asked(0, 0, write: false, reads: false) ? given + 1 : 0;
            _ = tenure.Asked(0, 1, write: true, reads: false);
        }

        Assert.Equal(0, given);
    }
}
