using Guest.Machine.Memory;

namespace Guest.Machine.Tests.Memory;

/// <summary>Which pages were written, for several readers at once.</summary>
public sealed class WrittenPagesTests : IDisposable
{
    private readonly GuestMemory _memory = new(1 << 20);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void A_page_written_twice_is_listed_once()
    {
        WrittenPages pages = _memory.TrackWrites();
        Write(7);
        Write(3);
        Write(7);
        Assert.Equal([3, 7], pages.Collect().Order());
    }

    [Fact]
    public void What_was_written_before_is_not_listed()
    {
        Write(5);
        Assert.Empty(_memory.TrackWrites().Collect());
    }

    [Fact]
    public void A_page_stays_listed_until_its_reader_clears()
    {
        WrittenPages pages = _memory.TrackWrites();
        Write(1);
        Assert.Equal([1], pages.Collect());
        Write(2);
        Assert.Equal([1, 2], pages.Collect());
        pages.Clear();
        Assert.Empty(pages.Collect());
        Write(1);
        Assert.Equal([1], pages.Collect());
    }

    [Fact]
    public void One_reader_takes_nothing_from_another()
    {
        WrittenPages often = _memory.TrackWrites();
        Write(1);
        WrittenPages seldom = _memory.TrackWrites();
        for (int page = 10; page < 20; page++)
        {
            Write(page);
            Assert.Contains(page, often.Collect());
            often.Clear();
        }

        Write(1);
        Assert.Equal([1, .. Enumerable.Range(10, 10)], seldom.Collect().Order());
    }

    private void Write(int page) => _memory.Write(GuestMemory.AddressOf(page), [1]);
}
