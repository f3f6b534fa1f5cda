using Guest.Machine.Native;

namespace Guest.Machine.X86;

/// <summary>The tables behind <see cref="TlbEntry"/>: one per access mode, and an empty one for when every access must be looked at.</summary>
internal sealed class Tlb : IDisposable
{
    private const int Tables = 4;
    private readonly MappedRegion _region;
    private readonly MappedRegion _empty;
    private readonly bool[] _used = new bool[Tables];

    internal Tlb(int entries)
    {
        if (entries < 2 || (entries & (entries - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(entries), entries, "a power of two from 2");
        }

        Entries = entries;
        _region = MappedRegion.Anonymous((nuint)(Tables * entries * TlbEntry.Size));
        int tableBytes = entries * TlbEntry.Size;
        _empty = MappedRegion.Anonymous((nuint)tableBytes);
        for (int i = 0; i < entries; i++)
        {
            Clear(_empty.Address + (i * TlbEntry.Size), i);
        }

        Array.Fill(_used, true);
        Flush();
    }

    internal int Entries { get; }

    /// <summary>Goes up at each flush: what was derived from the tables before is void.</summary>
    internal int Generation { get; private set; }

    /// <summary>The value of <see cref="CpuState.TlbMask"/>.</summary>
    internal ulong Mask => (ulong)(Entries - 1) * TlbEntry.Size;

    /// <summary>A table in which no access ever finds a right.</summary>
    internal nint Empty => _empty.Address;

    /// <summary>The table of a mode; marks it used.</summary>
    internal nint Table(AccessMode mode)
    {
        _used[(int)mode] = true;
        return _region.Address + ((int)mode * Entries * TlbEntry.Size);
    }

    /// <summary>Drops everything.</summary>
    internal void Flush()
    {
        Generation++;
        ReadOnlySpan<ulong> empty = Raw.Span<ulong>(_empty.Address, Entries * 4);
        for (int table = 0; table < Tables; table++)
        {
            if (_used[table])
            {
                empty.CopyTo(Raw.Span<ulong>(_region.Address + (table * Entries * TlbEntry.Size), Entries * 4));
                _used[table] = false;
            }
        }
    }

    /// <summary>Drops the write rights to one host page, or to all where it is 0.</summary>
    internal void RevokeWrite(nint hostPage)
    {
        for (int i = 0; i < Tables * Entries; i++)
        {
            ref ulong write = ref Raw.Ref<ulong>(_region.Address + (i * TlbEntry.Size) + TlbEntry.Write);
            nint delta = Raw.Load<nint>(_region.Address + (i * TlbEntry.Size) + TlbEntry.Delta);
            if (hostPage == 0 || delta + (nint)write == hostPage)
            {
                write = TlbEntry.Invalid(i & (Entries - 1));
            }
        }
    }

    /// <summary>Gives one right of an entry.</summary>
    internal void Fill(AccessMode mode, ulong linearPage, nint hostPage, int right)
    {
        int index = (int)((linearPage >> 12) & (ulong)(Entries - 1));
        nint entry = Table(mode) + (index * TlbEntry.Size);
        nint delta = hostPage - (nint)linearPage;
        if (Raw.Load<nint>(entry + TlbEntry.Delta) != delta || !Holds(entry, linearPage))
        {
            Clear(entry, index);
            Raw.Store(entry + TlbEntry.Delta, delta);
        }

        Raw.Store(entry + right, linearPage);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _region.Dispose();
        _empty.Dispose();
    }

    private static bool Holds(nint entry, ulong page) =>
        Raw.Load<ulong>(entry + TlbEntry.Read) == page || Raw.Load<ulong>(entry + TlbEntry.Write) == page || Raw.Load<ulong>(entry + TlbEntry.Fetch) == page;

    private static void Clear(nint entry, int index)
    {
        Raw.Store(entry + TlbEntry.Read, TlbEntry.Invalid(index));
        Raw.Store(entry + TlbEntry.Write, TlbEntry.Invalid(index));
        Raw.Store(entry + TlbEntry.Fetch, TlbEntry.Invalid(index));
        Raw.Store<nint>(entry + TlbEntry.Delta, 0);
    }
}
