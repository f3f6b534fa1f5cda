using Guest.Machine.Memory;

namespace Guest.Machine.Tests.Memory;

/// <summary>Pages kept for another thread while the machine writes on.</summary>
public sealed class MemorySnapshotTests : IDisposable
{
    private const int Pages = 4096;
    private readonly GuestMemory _memory = new(Pages << 12);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void A_page_reads_as_it_was_whether_it_has_been_written_since_or_not()
    {
        Write(1, 11);
        Write(2, 22);
        using MemorySnapshot snapshot = _memory.Keep([1, 2, 3]);
        Write(1, 99);
        Write(3, 99);
        Write(1, 98);
        Assert.Equal([11, 22, 0], Read(snapshot, 1, 2, 3));
        Assert.Equal(2, snapshot.Copied);
    }

    [Fact]
    public void A_page_is_copied_no_longer_once_it_was_read()
    {
        using MemorySnapshot snapshot = _memory.Keep([1]);
        Assert.Equal([0], Read(snapshot, 1));
        Write(1, 5);
        Assert.Equal(0, snapshot.Copied);
    }

    [Fact]
    public void Another_reader_begins_when_the_first_has_finished()
    {
        MemorySnapshot first = _memory.Keep([1]);
        Assert.Throws<InvalidOperationException>(() => _memory.Keep([1]));
        first.Dispose();
        Write(1, 7);
        using MemorySnapshot second = _memory.Keep([1]);
        Write(1, 8);
        Assert.Equal([7], Read(second, 1));
    }

    [Fact]
    public async Task A_machine_that_writes_all_the_time_never_shows_in_what_is_kept()
    {
        for (int round = 1; round <= 20; round++)
        {
            int[] pages = [.. Enumerable.Range(0, Pages)];
            foreach (int page in pages)
            {
                Write(page, round);
            }

            using MemorySnapshot snapshot = _memory.Keep(pages);
            Task<int> reading = Task.Run(() => Read(snapshot, pages).Count(value => value != round));
            for (int page = Pages - 1; page >= 0; page--)
            {
                Write(page, 0xFF);
            }

            Assert.Equal(0, await reading);
        }
    }

    private static List<int> Read(MemorySnapshot snapshot, params int[] pages)
    {
        byte[] content = new byte[GuestMemory.PageBytes];
        List<int> values = [];
        foreach (int page in pages)
        {
            snapshot.Read(page, content);
            Assert.True(content.AsSpan().IndexOfAnyExcept(content[0]) < 0);
            values.Add(content[0]);
        }

        return values;
    }

    private void Write(int page, int value)
    {
        byte[] content = new byte[GuestMemory.PageBytes];
        Array.Fill(content, (byte)value);
        _memory.Write(GuestMemory.AddressOf(page), content);
    }
}
