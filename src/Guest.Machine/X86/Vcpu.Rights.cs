using Guest.Machine.Memory;
using Guest.Machine.Native;

namespace Guest.Machine.X86;

/// <content>Running beside other vCPUs: its rights to pages of RAM, and whether it may be interrupted (docs/multicore.md).</content>
/// <remarks>An entry of the TLB's first level exists only with the right, so the fast path pays nothing; the second level asks the rights.</remarks>
public sealed partial class Vcpu
{
    private PageRight[]? _rights;
    private ulong _actedAt = ulong.MaxValue;

    /// <summary>Whether other vCPUs access RAM while it runs.</summary>
    public bool SharesRam
    {
        get => _rights is not null;
        internal init
        {
            if (value)
            {
                _rights = GC.AllocateArray<PageRight>(Memory.PageCount, pinned: true);
                _tlb.NotePlaces(Memory.HostBase, Memory.PageCount);
            }
        }
    }

    /// <summary>
    /// Whether something was done that belongs to the instruction which it has not retired yet (a page walk set a bit, a fault was delivered, a right was
    /// gained): it must retire one before others may act.
    /// </summary>
    public bool HasActed => _actedAt == State.Retired || State.InRep;

    /// <summary>Where its rights stand in memory, a byte for each page of RAM: emitted code reads them.</summary>
    internal nint RightsAddress => _rights is null ? 0 : Raw.AddressOf(ref _rights[0]);

    /// <summary>Where the TLB notes which entry has a page; emitted code does, too.</summary>
    internal nint PlacesAddress => _tlb.PlacesAddress;

    /// <summary>Whether it has lost anything since it last went into emitted code: what it saw there may no longer be so.</summary>
    internal bool IsDisturbed { get; private set; }

    /// <summary>Whether INIT has reached it since it last went into emitted code.</summary>
    public bool IsReset { get; private set; }

    /// <summary>What it may do with a page.</summary>
    public PageRight RightTo(int page) => _rights![page];

    /// <summary>Whether it may read a page of RAM as it is.</summary>
    internal bool MayRead(int page) => _rights is null || _rights[page] != PageRight.None;

    /// <summary>Gives it a right in whose way nobody stands.</summary>
    public void Grant(int page, PageRight right)
    {
        _rights![page] = right;
        NoteActed();
    }

    /// <summary>Takes a right from it while it stands.</summary>
    /// <param name="page">The page.</param>
    /// <param name="kept">What it keeps: less than it has.</param>
    public void GiveUp(int page, PageRight kept)
    {
        _rights![page] = kept;
        _tlb.Revoke(Memory.HostBase + ((nint)page << 12), kept == PageRight.None);
        IsDisturbed = true;
    }

    /// <summary>Asks emitted code to come out at its next block; from any thread.</summary>
    public void AskToStop() => Volatile.Write(ref State.Emitted.Stop, 1);

    /// <summary>Whether emitted code is asked to come out.</summary>
    public bool IsAskedToStop => Volatile.Read(ref State.Emitted.Stop) != 0;

    /// <summary>What was asked so far is answered: it goes into emitted code anew.</summary>
    public void ForgetStop()
    {
        State.Emitted.Stop = 0;
        IsDisturbed = false;
        IsReset = false;
    }

    /// <summary>Gives it every right for good: the order of accesses is kept otherwise (a replay in parallel).</summary>
    public void GrantAll() => Array.Fill(_rights!, PageRight.Write);

    /// <summary>Says that something was done which belongs to the instruction that it has not retired yet.</summary>
    internal void NoteActed() => _actedAt = State.Retired;

    // False: it is alone, where no right can be had.
    private bool Acquire(int page, AccessKind kind, int offset = 0)
    {
        if (_steps is not null && kind == AccessKind.Write && !MayStoreAlone(page, offset))
        {
            return NeedsGate();
        }

        if (_rights is { } rights && rights[page] < (kind == AccessKind.Write ? PageRight.Write : PageRight.Read))
        {
            if (_isAlone)
            {
                return NeedsGate();
            }

            Memory.Gate?.Acquire(page, kind == AccessKind.Write);
        }

        return true;
    }

    // Whether a page may be written without ceremony.
    private bool MayWrite(int page) => Memory.IsPlain(page) && (_rights is not { } rights || rights[page] == PageRight.Write);

    // Another one is about to change something that this vCPU has derived something from.
    private void StandStill()
    {
        Memory.Gate?.Hold(this);
        IsDisturbed = true;
    }
}
