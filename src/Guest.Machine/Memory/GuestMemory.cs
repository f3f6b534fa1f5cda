using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Guest.Machine.Native;

namespace Guest.Machine.Memory;

/// <summary>The guest's RAM: one mapping of a memory file, zero at first.</summary>
/// <remarks>
/// RAM lies at guest-physical 0 up to 3 GiB and, what is more, from 4 GiB on. A <em>page number</em> here counts RAM pages in the
/// mapping (not guest-physical ones). Not safe for use by several threads.
/// </remarks>
public sealed partial class GuestMemory : IDisposable
{
    /// <summary>Where RAM below 4 GiB ends at the latest.</summary>
    public const ulong LowEnd = 3UL << 30;

    /// <summary>Where the rest of RAM begins.</summary>
    public const ulong HighStart = 4UL << 30;

    /// <summary>Bytes of a page.</summary>
    public const int PageBytes = 0x1000;

    private const ulong Hole = HighStart - LowEnd;
    private readonly MappedRegion _ram;
    private readonly HostPages _host;
    private readonly PageFlags[] _flags;
    private readonly List<int> _written = [];
    private readonly List<WrittenPages> _readers = [];

    // Who is told of changes under derived data: asked at every write to a page table, so an array.
    private IPageWatcher[] _watchers = [];

    // Never cleared: every page that may hold anything.
    private readonly WrittenPages _everWritten;
    private readonly ulong _lowSize;

    /// <summary>Maps the RAM.</summary>
    /// <param name="bytes">Its size, a multiple of 4 KiB, at least 1 MiB.</param>
    public GuestMemory(ulong bytes)
    {
        if (bytes < 1 << 20 || (bytes & 0xFFF) != 0 || bytes > 1UL << 40)
        {
            throw new ReplayKitException(402, ExitCode.WrongUsage, $"guest memory of {bytes} bytes is not possible; give a multiple of 4 KiB from 1M to 1T");
        }

        Size = bytes;
        _lowSize = Math.Min(bytes, LowEnd);
        _ram = MappedRegion.Anonymous((nuint)bytes);
        _ram.PreferLargePages();
        _host = new HostPages(_ram.Address, (long)bytes, write: true);
        _flags = GC.AllocateArray<PageFlags>((int)(bytes >> 12), pinned: true);

        _everWritten = TrackWrites();
    }

    /// <summary>Bytes of RAM.</summary>
    public ulong Size { get; }

    /// <summary>RAM pages.</summary>
    public int PageCount => _flags.Length;

    /// <summary>Goes up when a page loses the right to be written without ceremony.</summary>
    internal int Revocations { get; private set; }

    /// <summary>The host address of RAM's first byte.</summary>
    internal nint HostBase => _ram.Address;

    /// <summary>Where the pages' flags stand, one byte each: emitted code reads them.</summary>
    internal nint FlagsAddress => Raw.AddressOf(ref _flags[0]);

    /// <summary>What lets several vCPUs access RAM at once; null where one thing is done after the other.</summary>
    internal X86.IVcpuGate? Gate { get; set; }

    /// <summary>Adds one who is told of changes under derived data.</summary>
    public void Watch(IPageWatcher watcher) => _watchers = [.. _watchers, watcher];

    /// <summary>Reads RAM.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not all RAM.</exception>
    public void Read(GuestPhysical address, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, 0x1000 - (int)(address.Value & 0xFFF));
            nint host = Host(address);
            Gate?.Acquire(PageOf(host), write: false);
            Raw.Span(host, part).CopyTo(bytes);
            bytes = bytes[part..];
            address = new GuestPhysical(address.Value + (ulong)part);
        }
    }

    /// <summary>Writes RAM on behalf of the board (loader, DMA); derived data is dropped as for a guest's own store.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not all RAM.</exception>
    public void Write(GuestPhysical address, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, 0x1000 - (int)(address.Value & 0xFFF));
            nint host = Host(address);
            Gate?.Acquire(PageOf(host), write: true);
            _isBoardWriting = true;
            BeforeWrite(PageOf(host), (int)(address.Value & 0xFFF), bytes[..part]);
            _isBoardWriting = false;
            bytes[..part].CopyTo(Raw.Span(host, part));
            bytes = bytes[part..];
            address = new GuestPhysical(address.Value + (ulong)part);
        }
    }

    /// <summary>The content of one RAM page, as it is now.</summary>
    public ReadOnlySpan<byte> Page(int page)
    {
        Span<byte> bytes = Bytes(page);
        Arrive(page);
        return bytes;
    }

    /// <summary>The guest-physical address at which a RAM page stands.</summary>
    public static GuestPhysical AddressOf(int page)
    {
        ulong offset = (ulong)page << 12;
        return new GuestPhysical(offset < LowEnd ? offset : offset + Hole);
    }

    /// <summary>Begins to note which pages are written, for one reader.</summary>
    /// <param name="sinceZero">Whether its first interval began when RAM was all zero; otherwise it begins at the present position.</param>
    public WrittenPages TrackWrites(bool sinceZero = false)
    {
        RevokeWrites();
        WrittenPages reader = new(this);
        foreach (int page in sinceZero ? _everWritten.Collect() : [])
        {
            reader.Note(page);
        }

        _readers.Add(reader);
        return reader;
    }

    /// <summary>Notes nothing more for a reader.</summary>
    internal void Untrack(WrittenPages reader) => _readers.Remove(reader);

    /// <summary>Tells every reader which pages were written since the last call, and revokes all write rights.</summary>
    internal void RevokeWrites()
    {
        foreach (int page in _written)
        {
            _flags[page] &= ~PageFlags.Written;
            foreach (WrittenPages reader in _readers)
            {
                reader.Note(page);
            }
        }

        _written.Clear();
        foreach (IPageWatcher watcher in _watchers)
        {
            watcher.AllWriteRightsRevoked();
        }
    }

    /// <summary>Whether every byte of a range is RAM; an empty range is.</summary>
    public bool Contains(GuestPhysical address, ulong length)
    {
        ulong last = unchecked(address.Value + length - 1);
        return length == 0
            || (last >= address.Value && TryHost(address.Value, out _) && TryHost(last, out _) && (address.Value < LowEnd) == (last < LowEnd));
    }

    /// <summary>Whether the address is RAM, and where.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryHost(ulong physical, out nint host)
    {
        ulong offset = physical < LowEnd ? physical : physical - Hole;
        host = _ram.Address + (nint)offset;
        bool isRam = physical < _lowSize || (physical >= HighStart && offset < Size);
        if (AbsentPages != 0 && isRam)
        {
            Arrive(PageOf(host));
        }

        return isRam;
    }

    /// <summary>The RAM page that a host address inside the mapping belongs to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int PageOf(nint host) => (int)((host - _ram.Address) >> 12);

    /// <summary>Whether a page may be written without ceremony.</summary>
    internal bool IsPlain(int page) => _flags[page] == PageFlags.Written;

    /// <summary>Whether a page is marked as one that something is derived from.</summary>
    internal bool IsDerived(int page, PageFlags kind) => (_flags[page] & kind) != 0;

    /// <summary>Whether a page has been written, and walks have read it, and nothing else is to be said of it.</summary>
    internal bool IsTable(int page) => _flags[page] == (PageFlags.Written | PageFlags.Walked);

    /// <summary>Whether anybody else has derived something from a table.</summary>
    internal bool IsDerivedByOthers(int page, IPageWatcher asking)
    {
        foreach (IPageWatcher watcher in _watchers)
        {
            if (watcher != asking && watcher.IsDerivedFrom(page))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Marks a page as one that something is derived from.</summary>
    internal void Derive(int page, PageFlags kind)
    {
        if ((_flags[page] & kind) == 0)
        {
            _flags[page] |= kind;
            Revocations++;
            foreach (IPageWatcher watcher in _watchers)
            {
                watcher.WriteRightsRevoked(page);
            }
        }
    }

    /// <summary>Says that nothing of the kind is derived from the page any longer.</summary>
    internal void Forget(int page, PageFlags kind) => _flags[page] &= ~kind;

    /// <summary>Says that somebody keeps nothing of a page's code any longer; where nobody does, it is a page like any other.</summary>
    internal void ForgetCode(int page)
    {
        foreach (IPageWatcher watcher in _watchers)
        {
            if (watcher.HoldsCode(page))
            {
                return;
            }
        }

        Forget(page, PageFlags.Code);
    }

    /// <summary>Must be called before bytes inside one page change.</summary>
    internal void BeforeWrite(int page, int offset, ReadOnlySpan<byte> bytes)
    {
        PageFlags flags = _flags[page];
        if (flags == PageFlags.Written)
        {
            return;
        }

        if ((flags & PageFlags.Written) == 0)
        {
            _host.Need((long)page << 12);
            _flags[page] |= PageFlags.Written;
            _written.Add(page);
        }

        if ((flags & PageFlags.Watched) != 0)
        {
            TellWriting(page, offset, bytes);
        }

        if ((flags & PageFlags.Walked) != 0)
        {
            BeforeWriteWalked(page, offset, bytes);
        }

        if ((flags & PageFlags.Code) != 0)
        {
            TellCodeChanging(page, offset, bytes.Length);
        }

        if ((flags & PageFlags.Kept) != 0)
        {
            _flags[page] &= ~PageFlags.Kept;
            _snapshot!.BeforeWrite(page);
        }
    }

    /// <summary>Writes a walk's accessed and dirty bits: no translation depends on them.</summary>
    internal void WriteAccessedDirty(nint host, ulong entry, int bytes)
    {
        int page = PageOf(host);
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(value, entry);
        PageFlags flags = _flags[page];
        _flags[page] &= ~PageFlags.Walked;
        BeforeWrite(page, (int)(host & 0xFFF), value[..bytes]);
        _flags[page] |= flags & PageFlags.Walked;
        value[..bytes].CopyTo(Raw.Span(host, bytes));
    }

    /// <inheritdoc/>
    public void Dispose() => _ram.Dispose();

    private void BeforeWriteWalked(int page, int offset, ReadOnlySpan<byte> bytes)
    {
        bool derived = false;
        foreach (IPageWatcher watcher in _watchers)
        {
            derived |= watcher.WalkedPageChanging(page, offset, bytes);
        }

        if (!derived)
        {
            _flags[page] &= ~PageFlags.Walked;
        }
    }

    /// <summary>A page's bytes as they stand in host memory, arrived or not.</summary>
    internal Span<byte> Bytes(int page) =>
        Raw.Span(_ram.Address + ((nint)page << 12), (uint)page < (uint)_flags.Length ? PageBytes : throw new ArgumentOutOfRangeException(nameof(page)));

    private void TellCodeChanging(int page, int offset, int length)
    {
        foreach (IPageWatcher watcher in _watchers)
        {
            watcher.CodeChanging(page, offset, length);
        }

        ForgetCode(page);
    }

    private nint Host(GuestPhysical address) => TryHost(address.Value, out nint host)
        ? host
        : throw new ArgumentOutOfRangeException(nameof(address), address, "not RAM");
}
