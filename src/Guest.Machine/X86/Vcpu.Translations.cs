using System.Buffers.Binary;
using Guest.Machine.Memory;
using Guest.Machine.Native;
using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>What is remembered of walks, and how it is dropped: every access behaves as if it walked at that moment (docs/determinism.md).</content>
/// <remarks>
/// Addresses fall into two halves by their top bit: user and kernel. Each half of an address space has a number; translations carry it, so a switch to
/// another root keeps what belongs to the old one. A write to a page that a walk has read drops exactly the 4 KiB page of a changed entry in a table of the
/// lowest level, and the whole half for entries above.
/// </remarks>
public sealed partial class Vcpu
{
    private const int EntriesOfTable = 512;
    private readonly Dictionary<ulong, AddressSpace> _userSpaces = [];
    private readonly WalkedPage[] _walked;

    // Entries of the root's upper half that translations of the kernel half were derived from: another root shares that half if it has the same.
    private readonly ulong[] _kernelRoots = new ulong[EntriesOfTable];
    private readonly List<int> _kernelSlots = [];
    private AddressSpace _user = new(1, 1);
    private AddressSpace _kernel = new(2, 2);

    // Stands for all of them, where a table serves more than one or at more than one place.
    private AddressSpace _every = new(3, 3);
    private uint _lastSpace = 3;
    private uint _lastFetchGeneration = 3;

    /// <summary>Those who keep something derived from guest code: the engines.</summary>
    internal List<ICodeHolder> CodeHolders { get; } = [];

    /// <summary>Called when fetches may go elsewhere than before: the address space or a translation used for fetching has changed.</summary>
    internal Action? FetchesChanging { get; set; }

    /// <summary>Changes whenever the translation of a code address may have changed; numbers do not come back for another mapping.</summary>
    internal uint FetchGeneration(ulong address) => SpaceOf(address).FetchGeneration;

    /// <summary>Drops every translation and whatever was derived from one; ends the block in execution.</summary>
    public void FlushTranslations()
    {
        foreach (AddressSpace space in _userSpaces.Values)
        {
            space.IsAlive = false;
        }

        _userSpaces.Clear();
        _every.IsAlive = false;
        _every = new AddressSpace(++_lastSpace, ++_lastFetchGeneration);
        RenewUser();
        RenewKernel();
        UpdateAccessMode();
        EndBlock();
    }

    /// <inheritdoc/>
    bool IPageWatcher.WalkedPageChanging(int page, int offset, ReadOnlySpan<byte> bytes)
    {
        ref WalkedPage walked = ref _walked[page];
        if (walked.Space is not { IsAlive: true })
        {
            return false;
        }

        ReadOnlySpan<byte> old = Memory.Page(page);
        for (int slot = offset / 8; slot * 8 < offset + bytes.Length; slot++)
        {
            if (IsDerived(old.Slice(slot * 8, 8)) && Changes(old, slot * 8, offset, bytes))
            {
                StandStill();
                DropEntry(ref walked, page, slot);
                EndBlock();
            }
        }

        return walked.Space is { IsAlive: true };
    }

    /// <inheritdoc/>
    void IPageWatcher.WriteRightsRevoked(int page)
    {
        // Who derives something has the right to read, so nobody else has the one to write, unless all have it in a replay.
        if (_rights is null || _rights[page] == PageRight.Write)
        {
            StandStill();
            _tlb.Revoke(Memory.HostBase + ((nint)page << 12), all: false);
        }
    }

    /// <inheritdoc/>
    void IPageWatcher.AllWriteRightsRevoked() => _tlb.RevokeWrites();

    /// <inheritdoc/>
    void IPageWatcher.CodeChanging(int page, int offset, int length)
    {
        if (SharesRam && ((IPageWatcher)this).HoldsCode(page))
        {
            StandStill();
        }

        foreach (ICodeHolder holder in CodeHolders)
        {
            holder.CodeChanging(page, offset, length);
        }
    }

    /// <inheritdoc/>
    bool IPageWatcher.HoldsCode(int page)
    {
        foreach (ICodeHolder holder in CodeHolders)
        {
            if (holder.HoldsCode(page))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Says that an engine keeps nothing of a page any longer.</summary>
    internal void ForgetCode(int page) => Memory.ForgetCode(page);

    private AddressSpace SpaceOf(ulong address) => (long)address < 0 ? _kernel : _user;

    // Takes over the root in CR3. Outside long mode nothing is kept from one root to the next.
    private void SwitchRoot()
    {
        if (!InLongMode)
        {
            FlushTranslations();
            return;
        }

        if (!SharesKernelHalf())
        {
            RenewKernel();
        }

        ulong root = State.Cr3 & AddressMask;
        if (!_userSpaces.TryGetValue(root, out AddressSpace? space))
        {
            space = new AddressSpace(++_lastSpace, ++_lastFetchGeneration);
            _userSpaces.Add(root, space);
        }

        if (space != _user)
        {
            _user = space;
            _tlb.DropUserHalf();
            TrackRoot();
            UpdateSpaces();
        }

        EndBlock();
    }

    // The root is tracked from the moment it is in force: translations of the kernel half may be in use that were walked under another one.
    private void TrackRoot()
    {
        if (InLongMode && Memory.TryHost(State.Cr3 & AddressMask, out nint host))
        {
            _ = Acquire(Memory.PageOf(host), AccessKind.Read);
            NoteTable(Memory.PageOf(host), new WalkedPage { Space = _user, Level = WalkedPage.Root });
        }
    }

    // Whether the new root's upper half has the entries that the remembered translations of the kernel half came from.
    private bool SharesKernelHalf()
    {
        ulong root = State.Cr3 & AddressMask;
        if (!Memory.TryHost(root, out nint host))
        {
            return false;
        }

        _ = Acquire(Memory.PageOf(host), AccessKind.Read);
        foreach (int slot in _kernelSlots)
        {
            if (_kernelRoots[slot] != (Raw.Load<ulong>(host + (slot * 8)) & ~Accessed))
            {
                return false;
            }
        }

        return true;
    }

    private void RenewUser()
    {
        ulong root = State.Cr3 & AddressMask;
        _user.IsAlive = false;
        _user = new AddressSpace(++_lastSpace, ++_lastFetchGeneration);
        _userSpaces[root] = _user;
        _tlb.DropUserHalf();
        TrackRoot();
        UpdateSpaces();
    }

    private void RenewKernel()
    {
        _kernel.IsAlive = false;
        _kernel = new AddressSpace(++_lastSpace, ++_lastFetchGeneration);
        Array.Clear(_kernelRoots);
        _kernelSlots.Clear();
        _tlb.DropKernelHalf();
        UpdateSpaces();
    }

    // Numbers are 32 bits wide and some thousands are used in a second: a guest that uses them all up within weeks starts over.
    private void UpdateSpaces()
    {
        if (_lastSpace > uint.MaxValue - 16 || _lastFetchGeneration > uint.MaxValue - 16)
        {
            throw new ReplayKitException(413, ExitCode.HostCannot, $"the guest has used four billion address spaces at {Position}");
        }

        State.Emitted.UserSpace = _user.Id;
        State.Emitted.KernelSpace = _kernel.Id;
        FetchesChanging?.Invoke();
    }

    // A walk reads an entry: its page is tracked from now on.
    private void NoteWalked(int page, int slot, ulong entry, int level, ulong address, bool root)
    {
        if (root && (long)address < 0 && _kernelRoots[slot] == 0 && (entry & Present) != 0)
        {
            _kernelRoots[slot] = entry & ~Accessed;
            _kernelSlots.Add(slot);
        }

        NoteTable(page, TableOf(level, address, root));
    }

    private WalkedPage TableOf(int level, ulong address, bool root)
    {
        ulong coverage = 1UL << Math.Min(12 + (9 * level), 63);
        return root
            ? new WalkedPage { Space = _user, Level = WalkedPage.Root }
            : new WalkedPage { Space = SpaceOf(address), Base = address & ~(coverage - 1), Level = (byte)level };
    }

    // A table found to serve two address spaces or two places is one of which anything may be derived.
    private void NoteTable(int page, in WalkedPage now)
    {
        ref WalkedPage walked = ref _walked[page];
        if (walked.Space is not { IsAlive: true })
        {
            walked = now;
        }
        else if (!walked.Covers(now, _every))
        {
            walked = new WalkedPage { Space = _every, Level = WalkedPage.Mixed };
        }

        Memory.Derive(page, PageFlags.Walked);
    }

    // As NoteWalked for the tables of 32-bit paging, which are not told apart.
    private void NoteWalked32(int page)
    {
        _walked[page] = new WalkedPage { Space = _every, Level = WalkedPage.Mixed };
        Memory.Derive(page, PageFlags.Walked);
    }

    // Instructions are fetched through the last entry of the walk in progress.
    private void NoteFetched()
    {
        nint host = _walkHosts[_walkDepth - 1];
        if (host == 0)
        {
            return;
        }

        ref WalkedPage walked = ref _walked[Memory.PageOf(host)];
        walked.Fetched ??= new ulong[EntriesOfTable / 64];
        int slot = (int)(host & 0xFFF) / 8;
        walked.Fetched[slot / 64] |= 1UL << (slot & 63);
    }

    private void DropEntry(ref WalkedPage walked, int page, int slot)
    {
        switch (walked.Level)
        {
            case WalkedPage.Mixed:
                FlushTranslations();
                break;
            case WalkedPage.Root when slot >= EntriesOfTable / 2:
                // A root that is not in force is looked at when it comes into force.
                if (_kernelRoots[slot] != 0 && IsRootInForce(page))
                {
                    RenewKernel();
                }

                break;
            case 1:
                DropPage(ref walked, slot);
                break;
            default:
                DropHalf(walked.Space!);
                break;
        }
    }

    private bool IsRootInForce(int page) => Memory.TryHost(State.Cr3 & AddressMask, out nint host) && Memory.PageOf(host) == page;

    // An entry above the lowest level has changed: everything of its half goes.
    private void DropHalf(AddressSpace space)
    {
        if (space == _kernel)
        {
            RenewKernel();
        }
        else if (space == _user)
        {
            RenewUser();
        }
        else
        {
            space.IsAlive = false;
            foreach ((ulong root, AddressSpace known) in _userSpaces)
            {
                if (known == space)
                {
                    _ = _userSpaces.Remove(root);
                    break;
                }
            }
        }
    }

    private void DropPage(ref WalkedPage walked, int slot)
    {
        AddressSpace space = walked.Space!;
        bool current = space == _kernel || space == _user;
        _tlb.Drop(walked.Base + ((ulong)slot << 12), space.Id, current);
        if (walked.Fetched is { } fetched && (fetched[slot / 64] & (1UL << (slot & 63))) != 0)
        {
            fetched[slot / 64] &= ~(1UL << (slot & 63));
            space.FetchGeneration = ++_lastFetchGeneration;
            UpdateSpaces();
        }
    }

    // Entries are 8 bytes (4 in 32-bit paging); only present ones (bit 0) are ever derived from, so filling an empty slot drops nothing.
    private static bool IsDerived(ReadOnlySpan<byte> entry) => ((entry[0] | entry[4]) & (int)Present) != 0;

    private static bool Changes(ReadOnlySpan<byte> page, int at, int offset, ReadOnlySpan<byte> bytes)
    {
        int from = Math.Max(at, offset);
        int to = Math.Min(at + 8, offset + bytes.Length);
        return !page[from..to].SequenceEqual(bytes[(from - offset)..(to - offset)]);
    }
}
