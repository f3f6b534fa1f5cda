using Guest.Machine.Native;

namespace Guest.Machine.X86;

/// <summary>
/// The software TLB of a vCPU: a direct-mapped table per access mode for the address space in force (<see cref="TlbEntry"/>), an empty one for when
/// every access must be looked at, a small one for fetches, and a second level that remembers other address spaces too (<see cref="SecondLevelEntry"/>).
/// </summary>
/// <remarks>Its tables stand in the vCPU's mapped memory at fixed offsets, where emitted code finds them.</remarks>
internal sealed class Tlb
{
    /// <summary>Access modes, each with a table.</summary>
    internal const int Modes = 3;

    /// <summary>Entries of each second-level table.</summary>
    internal const int SecondLevelEntries = 16384;

    /// <summary>Offset of the second level.</summary>
    internal const int SecondLevel = (Modes + 1) * TlbEntry.TableBytes;

    /// <summary>Bytes of one second-level table.</summary>
    internal const int SecondLevelBytes = SecondLevelEntries << SecondLevelEntry.SizeShift;

    /// <summary>Offset of a byte for each <see cref="GroupEntries"/> entries of each mode's table: not 0 where one of them may hold a right.</summary>
    /// <remarks>So that a switch of the address space, and what takes a page's rights away, looks only at what has been used.</remarks>
    internal const int Filled = SecondLevel + (Modes * SecondLevelBytes);

    /// <summary>Entries for which there is one such byte, as a power of two.</summary>
    internal const int GroupShift = 4;

    /// <summary>Such bytes of one table.</summary>
    internal const int MaxGroups = TlbEntry.MaxEntries >> GroupShift;

    /// <summary>Bytes of all tables.</summary>
    internal const int Bytes = Filled + (Modes * MaxGroups);

    /// <summary>log2 of the bytes that say of a page of RAM where the first level has it: two for each mode.</summary>
    internal const int PlacesShift = 3;

    /// <summary>What they say where that is not one entry.</summary>
    internal const ushort Several = ushort.MaxValue;

    private const int PlacesOfPage = (1 << PlacesShift) / sizeof(ushort);
    private const int FetchEntries = 512;
    private readonly nint _memory;
    private readonly FetchEntry[] _fetches = new FetchEntry[2 * FetchEntries];
    private bool _userHasHigh;
    private bool _supervisorHasLow;

    // [RAM page * PlacesOfPage + mode] the one entry of the first level that may hold the page, plus 1; 0 for none, Several where it must be searched for.
    private ushort[]? _places;
    private nint _ram;

    /// <summary>Creates the tables in memory of <see cref="Bytes"/> zero bytes.</summary>
    internal Tlb(nint memory, int entries)
    {
        if (entries < 2 || (entries & (entries - 1)) != 0 || entries > TlbEntry.MaxEntries)
        {
            throw new ArgumentOutOfRangeException(nameof(entries), entries, $"a power of two from 2 to {TlbEntry.MaxEntries}");
        }

        _memory = memory;
        Entries = entries;
        for (int table = 0; table <= Modes; table++)
        {
            nint tags = memory + (table * TlbEntry.TableBytes);
            ClearTags(tags, 0, entries);
            ClearTags(tags + TlbEntry.Write, 0, entries);
        }

        ClearFetches();
    }

    internal int Entries { get; }

    /// <summary>Where those bytes stand, or 0 where rights are not taken page by page all the time: emitted code writes them.</summary>
    internal nint PlacesAddress => _places is null ? 0 : Raw.AddressOf(ref _places[0]);

    /// <summary>Notes from here on where it has each page of RAM.</summary>
    /// <param name="ram">The host address of RAM.</param>
    /// <param name="pages">Its pages.</param>
    internal void NotePlaces(nint ram, int pages)
    {
        _ram = ram;
        _places = GC.AllocateArray<ushort>(pages * PlacesOfPage, pinned: true);
    }

    /// <summary>Times that a right was taken away.</summary>
    internal long Revocations { get; private set; }

    /// <summary>The value of <see cref="CpuState.TlbMask"/>.</summary>
    internal ulong Mask => (ulong)(Entries - 1) * 8;

    /// <summary>A table in which no access ever finds a right.</summary>
    internal nint Empty => _memory + (Modes * TlbEntry.TableBytes);

    /// <summary>The table of a mode.</summary>
    internal nint Table(AccessMode mode) => _memory + ((int)mode * TlbEntry.TableBytes);

    /// <summary>Which entry of the second level belongs to a page of an address space.</summary>
    internal static int SecondLevelIndex(ulong page, uint space) => (int)(((page >> 12) ^ space) & (SecondLevelEntries - 1));

    /// <summary>Remembers the rights to a page.</summary>
    /// <param name="mode">The privilege that has them.</param>
    /// <param name="page">The linear page.</param>
    /// <param name="hostPage">Where it stands.</param>
    /// <param name="read">Whether it may be read.</param>
    /// <param name="write">Whether a walk allows to write it and has set its dirty bit.</param>
    /// <param name="plain">Whether the RAM page may be written without ceremony (<see cref="Memory.PageFlags"/>).</param>
    /// <param name="space">The address space.</param>
    internal void Fill(AccessMode mode, ulong page, nint hostPage, bool read, bool write, bool plain, uint space)
    {
        FillFirst(mode, page, hostPage, read, write && plain);
        ref SecondLevelEntry entry = ref Second(mode, page, space);
        entry.ReadTag = read ? page : SecondLevelEntry.None;
        entry.WriteTag = write ? page : SecondLevelEntry.None;
        entry.Host = hostPage;
        entry.Space = space;
    }

    /// <summary>Whether the second level knows a right to an address, and the host address of its page.</summary>
    internal bool TryFind(AccessMode mode, ulong address, uint space, bool write, out nint host)
    {
        ulong page = address & ~0xFFFUL;
        ref SecondLevelEntry entry = ref Second(mode, page, space);
        host = entry.Host;
        return entry.Space == space && (write ? entry.WriteTag : entry.ReadTag) == page;
    }

    /// <summary>Gives the first level what the second has of a page.</summary>
    internal void Renew(AccessMode mode, ulong page, uint space, bool plain)
    {
        ref SecondLevelEntry entry = ref Second(mode, page, space);
        FillFirst(mode, page, entry.Host, entry.ReadTag == page, plain && entry.WriteTag == page);
    }

    /// <summary>Gives the first level the right to write a page that is in the second and has become plain.</summary>
    internal void AllowWrite(AccessMode mode, ulong page, uint space)
    {
        if (TryFind(mode, page, space, true, out _))
        {
            Renew(mode, page, space, true);
        }
    }

    /// <summary>Remembers the right to fetch from a page.</summary>
    internal void FillFetch(bool user, ulong page, nint hostPage) => Fetch(user, page) = new FetchEntry { Page = page, Host = hostPage };

    /// <summary>The host address of a linear code address, if the right to fetch it is remembered.</summary>
    internal bool TryFetch(bool user, ulong address, out nint host)
    {
        ref FetchEntry entry = ref Fetch(user, address);
        host = entry.Host + (nint)(address & 0xFFF);
        return entry.Page == (address & ~0xFFFUL);
    }

    /// <summary>Drops what is known of one page of an address space.</summary>
    /// <param name="page">Its linear address.</param>
    /// <param name="space">The address space.</param>
    /// <param name="current">Whether that space is in force, so that the first level may know the page.</param>
    internal void Drop(ulong page, uint space, bool current)
    {
        Revocations++;
        for (int mode = 0; mode < Modes; mode++)
        {
            ref SecondLevelEntry entry = ref Second((AccessMode)mode, page, space);
            if (entry.Space == space)
            {
                entry.Space = 0;
            }

            if (current)
            {
                DropFirst(mode, page);
            }
        }

        if (current)
        {
            Fetch(false, page).Page = 1;
            Fetch(true, page).Page = 1;
        }
    }

    /// <summary>Drops from the first level what belongs to the user half of the address space in force.</summary>
    internal void DropUserHalf()
    {
        Revocations++;
        Clear(AccessMode.User);
        Clear(AccessMode.SupervisorAc);
        if (_supervisorHasLow)
        {
            Clear(AccessMode.Supervisor);
        }

        ClearFetches();
    }

    /// <summary>Drops from the first level what belongs to the kernel half.</summary>
    internal void DropKernelHalf()
    {
        Revocations++;
        Clear(AccessMode.Supervisor);
        Clear(AccessMode.SupervisorAc);
        if (_userHasHigh)
        {
            Clear(AccessMode.User);
        }

        ClearFetches();
    }

    /// <summary>Takes the right to write one host page from the first level, or every right to it; the second asks flags and rights of the page anyway.</summary>
    internal void Revoke(nint hostPage, bool all)
    {
        Revocations++;
        for (int mode = 0; mode < Modes; mode++)
        {
            if (_places is null)
            {
                RevokeEverywhere(mode, hostPage, all);
                continue;
            }

            ref ushort place = ref PlaceOf(mode, hostPage);
            if (place == Several)
            {
                RevokeEverywhere(mode, hostPage, all);
            }
            else if (place != 0 && Raw.Load<nint>(Table((AccessMode)mode) + TlbEntry.Host + ((place - 1) * 8)) == hostPage)
            {
                RevokeAt(mode, place - 1, all);
            }

            place = all ? (ushort)0 : place;
        }
    }

    private void RevokeEverywhere(int mode, nint hostPage, bool all)
    {
        Span<nint> hosts = Raw.Span<nint>(Table((AccessMode)mode) + TlbEntry.Host, Entries);
        for (int group = -1; NextFilled(mode, ref group);)
        {
            int from = group * GroupEntries;
            int end = from + GroupEntries;
            for (int found; from < end && (found = hosts[from..end].IndexOf(hostPage)) >= 0; from += found + 1)
            {
                RevokeAt(mode, from + found, all);
            }
        }
    }

    private void RevokeAt(int mode, int index, bool all)
    {
        nint entry = Table((AccessMode)mode) + (index * 8);
        Raw.Store(entry + TlbEntry.Write, TlbEntry.Invalid(index));
        if (all)
        {
            Raw.Store(entry, TlbEntry.Invalid(index));
            Raw.Store<nint>(entry + TlbEntry.Host, 0);
        }
    }

    private ref ushort PlaceOf(int mode, nint hostPage) => ref _places![((hostPage - _ram) >> 12 << (PlacesShift - 1)) + mode];

    /// <summary>Takes every right to write from the first level.</summary>
    internal void RevokeWrites()
    {
        Revocations++;
        for (int mode = 0; mode < Modes; mode++)
        {
            for (int group = -1; NextFilled(mode, ref group);)
            {
                ClearTags(Table((AccessMode)mode) + TlbEntry.Write, group * GroupEntries, GroupEntries);
            }
        }
    }

    private void FillFirst(AccessMode mode, ulong page, nint hostPage, bool read, bool write)
    {
        bool high = (long)page < 0;
        _userHasHigh |= high && mode == AccessMode.User;
        _supervisorHasLow |= !high && mode == AccessMode.Supervisor;
        int index = (int)((page >> 12) & (ulong)(Entries - 1));
        nint entry = Table(mode) + (index * 8);
        Raw.Store(entry, read ? page : TlbEntry.Invalid(index));
        Raw.Store(entry + TlbEntry.Write, write ? page : TlbEntry.Invalid(index));
        Raw.Store(entry + TlbEntry.Host, hostPage);
        Groups((int)mode)[index >> GroupShift] = 1;
        if (_places is not null)
        {
            NotePlace(ref PlaceOf((int)mode, hostPage), Table(mode) + TlbEntry.Host, hostPage, index);
        }
    }

    // An entry that holds the page no longer has another host address.
    private static void NotePlace(ref ushort place, nint hosts, nint hostPage, int index) =>
        place = place == 0 || place == index + 1 || (place != Several && Raw.Load<nint>(hosts + ((place - 1) * 8)) != hostPage) ? (ushort)(index + 1) : Several;

    private void DropFirst(int mode, ulong page)
    {
        int index = (int)((page >> 12) & (ulong)(Entries - 1));
        nint entry = Table((AccessMode)mode) + (index * 8);
        if (Raw.Load<ulong>(entry) == page || Raw.Load<ulong>(entry + TlbEntry.Write) == page)
        {
            Raw.Store(entry, TlbEntry.Invalid(index));
            Raw.Store(entry + TlbEntry.Write, TlbEntry.Invalid(index));
            Raw.Store<nint>(entry + TlbEntry.Host, 0);
        }
    }

    private void Clear(AccessMode mode)
    {
        Span<byte> groups = Groups((int)mode);
        for (int group = -1; NextFilled((int)mode, ref group);)
        {
            ClearTags(Table(mode), group * GroupEntries, GroupEntries);
            ClearTags(Table(mode) + TlbEntry.Write, group * GroupEntries, GroupEntries);
            groups[group] = 0;
            if (_places is not null)
            {
                Raw.Span<nint>(Table(mode) + TlbEntry.Host + (group * GroupEntries * 8), GroupEntries).Clear();
            }
        }

        _userHasHigh &= mode != AccessMode.User;
        _supervisorHasLow &= mode != AccessMode.Supervisor;
    }

    private int GroupEntries => Math.Min(1 << GroupShift, Entries);

    private Span<byte> Groups(int mode) => Raw.Span<byte>(_memory + Filled + (mode * MaxGroups), (Entries - 1 >> GroupShift) + 1);

    // The next group with a right in it.
    private bool NextFilled(int mode, ref int group)
    {
        int next = Groups(mode)[(group + 1)..].IndexOfAnyExcept((byte)0);
        group += next + 1;
        return next >= 0;
    }

    private static void ClearTags(nint tags, int first, int count)
    {
        Span<ulong> span = Raw.Span<ulong>(tags + (first * 8), count);
        for (int i = 0; i < span.Length; i += 2)
        {
            span[i] = TlbEntry.Invalid(0);
            span[i + 1] = TlbEntry.Invalid(1);
        }
    }

    private void ClearFetches() => Array.Fill(_fetches, new FetchEntry { Page = 1 });

    private ref FetchEntry Fetch(bool user, ulong page) => ref _fetches[(int)((page >> 12) & (FetchEntries - 1)) + (user ? FetchEntries : 0)];

    private ref SecondLevelEntry Second(AccessMode mode, ulong page, uint space) => ref SecondTable((int)mode)[SecondLevelIndex(page, space)];

    private Span<SecondLevelEntry> SecondTable(int mode) => Raw.Span<SecondLevelEntry>(_memory + SecondLevel + (mode * SecondLevelBytes), SecondLevelEntries);

    private struct FetchEntry
    {
        internal ulong Page;
        internal nint Host;
    }
}
