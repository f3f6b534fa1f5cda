namespace Replay.Multicore;

/// <summary>
/// How long whoever has gained the right to write a page keeps it: not at all for most pages, and the longer the sooner the page was asked for again and
/// again. What two vCPUs write all the time, or one writes and another one watches, would else go to and fro at every access.
/// </summary>
/// <param name="pages">Pages of RAM.</param>
internal sealed class PageTenure(int pages)
{
    private const ulong Shortest = 5_000; // nanoseconds
    private const int Hottest = 5;
    private const ulong Cold = 200_000;

    private readonly ulong[] _grantedAt = new ulong[pages];
    private readonly byte[] _heat = new byte[pages];

    // Who was given the right to read last, plus 1; and how sure it is that whoever asks to read will write soon.
    private readonly byte[] _lastReader = new byte[pages];
    private readonly sbyte[] _writesNext = new sbyte[pages];

    /// <summary>Times that somebody asked to read and was let write.</summary>
    internal long Promotions { get; private set; }

    /// <summary>Times that somebody who had asked to read asked to write.</summary>
    internal long Upgrades { get; private set; }

    /// <summary>Somebody asks for a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="vcpu">Who.</param>
    /// <param name="write">To write it.</param>
    /// <param name="reads">Whether it may read it already.</param>
    /// <returns>Whether it is to have the right to write.</returns>
    internal bool Asked(int page, int vcpu, bool write, bool reads)
    {
        if (write)
        {
            if (reads && _lastReader[page] == vcpu + 1)
            {
                Upgrades++;
                _writesNext[page] = (sbyte)Math.Min(_writesNext[page] + 1, 3);
            }
            else if (_lastReader[page] != 0)
            {
                _writesNext[page] = (sbyte)Math.Max(_writesNext[page] - 1, -3);
            }

            _lastReader[page] = 0;
            return true;
        }

        _lastReader[page] = (byte)(vcpu + 1);
        if (_writesNext[page] < 2)
        {
            return false;
        }

        // Now and then it is tried whether that is still so.
        Promotions++;
        return Promotions % 8 != 0;
    }

    /// <summary>Times that somebody waited.</summary>
    internal long Waits { get; set; }

    /// <summary>Until when nobody takes the page from the one that has it.</summary>
    internal ulong End(int page) => _heat[page] == 0 ? 0 : _grantedAt[page] + (Shortest << _heat[page]);

    /// <summary>The page goes to another one.</summary>
    /// <param name="page">The page.</param>
    /// <param name="write">To write it.</param>
    /// <param name="now">The time, in nanoseconds.</param>
    internal void Taken(int page, bool write, ulong now)
    {
        ulong had = now - _grantedAt[page];
        int heat = _heat[page];
        _heat[page] = (byte)(had < Math.Max(Shortest << (heat + 1), 20_000) ? Math.Min(heat + 1, Hottest) : had > Cold ? 0 : Math.Max(heat - 1, 0));
        if (write)
        {
            _grantedAt[page] = now;
        }
    }
}
