using Guest.Machine.Memory;

namespace Guest.Machine.X86;

/// <content>
/// What a vCPU does for itself in the middle of a stay in emitted code, without the gate: only what it has the rights for, and what changes nothing that
/// others look at (docs/multicore.md).
/// </content>
public sealed partial class Vcpu
{
    private readonly GateNeededException _gateNeeded = new();
    private bool _isAlone;

    // Not null while an instruction is executed alone.
    private GateNeededException? _steps;

    /// <summary>As <see cref="TryAllow"/>, without the gate; false also where that does not suffice. Changes this vCPU's TLB alone.</summary>
    internal bool TryAllowAlone(ulong address, AccessKind kind)
    {
        if (Memory.AbsentPages != 0)
        {
            return false;
        }

        _isAlone = true;
        bool allowed = TryTranslate(address, kind, out _);
        _isAlone = false;
        return allowed && TrySpan(address, 1, kind, out _);
    }

    /// <summary>From here on an instruction is executed alone: what needs the gate raises <see cref="GateNeededException"/>, before memory changes.</summary>
    internal void BeginAlone()
    {
        _isAlone = true;
        _steps = _gateNeeded;
    }

    /// <summary>The instruction is over, or was given up.</summary>
    internal void EndAlone()
    {
        _isAlone = false;
        _steps = null;
    }

    /// <summary>Whether a store that the TLB knows and does not allow may be tried alone: it is to a page table of which nobody else has derived anything.</summary>
    internal bool IsTableAlone(ulong address) =>
        _tlb.TryFind(State.Mode, address, SpaceOf(address).Id, true, out nint host) && RightTo(Memory.PageOf(host)) == PageRight.Write
        && !Memory.IsPlain(Memory.PageOf(host)) && MayStoreAlone(Memory.PageOf(host), (int)(address & 0xFFF));

    /// <inheritdoc/>
    bool IPageWatcher.IsDerivedFrom(int page) => _walked[page].Space is { IsAlive: true };

    // Says, by an exception where an instruction is executed, that the gate is needed.
    private bool NeedsGate() => _steps is null ? false : throw _steps;

    // A plain page; or a table in which nobody else can have derived anything from what is overwritten, and this vCPU single pages at most.
    private bool MayStoreAlone(int page, int offset)
    {
        if (Memory.IsPlain(page))
        {
            return true;
        }

        if (!Memory.IsTable(page))
        {
            return false;
        }

        ReadOnlySpan<byte> old = Memory.Bytes(page);
        bool present = IsDerived(old.Slice(offset & ~7, 8)) || IsDerived(old.Slice(Math.Min(offset + 7, 0xFFF) & ~7, 8));
        ref WalkedPage own = ref _walked[page];
        return !present || ((own.Space is not { IsAlive: true } || own.Level == 1) && !Memory.IsDerivedByOthers(page, this));
    }

    // What a store to a table changes for this vCPU.
    private void StoreAlone(int page, int offset, ReadOnlySpan<byte> bytes)
    {
        if (Memory.IsPlain(page))
        {
            return;
        }

        ref WalkedPage own = ref _walked[page];
        ReadOnlySpan<byte> old = Memory.Bytes(page);
        for (int slot = offset / 8; slot * 8 < offset + bytes.Length && own.Space is { IsAlive: true }; slot++)
        {
            if (IsDerived(old.Slice(slot * 8, 8)) && Changes(old, slot * 8, offset, bytes))
            {
                IsDisturbed = true;
                DropPage(ref own, slot);
                EndBlock();
            }
        }
    }

    /// <summary>The page of RAM that an access is to, where the TLB knows it and there is no right to it.</summary>
    internal bool TryFindRam(ulong address, AccessKind kind, out int page)
    {
        page = 0;
        if (!_tlb.TryFind(State.Mode, address, SpaceOf(address).Id, kind == AccessKind.Write, out nint host))
        {
            return false;
        }

        page = Memory.PageOf(host);
        return RightTo(page) < (kind == AccessKind.Write ? PageRight.Write : PageRight.Read);
    }

    /// <summary>Whether it is careful for no more than RF, which ends with the next instruction: no trap follows that.</summary>
    internal bool HasOnlyResumed => InLongMode64 && !State.InRep && !StepsIterations && State is { Shadow: InterruptShadow.None, PendingBreakpoints: 0 };

    /// <summary>Where a code address stands, if that is known without the gate.</summary>
    internal bool TryFetchAlone(ulong address, out nint host)
    {
        host = 0;
        if (Memory.AbsentPages != 0)
        {
            return false;
        }

        if (_tlb.TryFetch(State.Cpl == 3, address, out host))
        {
            return true;
        }

        _isAlone = true;
        bool allowed = TryTranslateFetch(address, out _);
        _isAlone = false;
        return allowed && _tlb.TryFetch(State.Cpl == 3, address, out host);
    }

    /// <summary>Whether more can be derived from a page's code without the gate: it may be read, and everybody knows that this vCPU derives from it.</summary>
    internal bool MayDeriveAlone(int page) => RightTo(page) != PageRight.None && Memory.IsDerived(page, PageFlags.Code);

    /// <summary>Instructions of a page are about to be decoded: alone, that is possible where everybody knows of it.</summary>
    /// <param name="page">The page.</param>
    /// <param name="others">Whether it touches more than that page.</param>
    internal void RequireDerived(int page, bool others)
    {
        if (_steps is not null && (others || !MayDeriveAlone(page)))
        {
            throw _steps;
        }
    }

    // Whether a walk that reads a table changes nothing that others look at: it may be read, and it is known what is derived from it.
    private bool IsNoted(int page, int level, ulong address, bool root) =>
        RightTo(page) != PageRight.None && Memory.IsDerived(page, PageFlags.Walked) && _walked[page].Covers(TableOf(level, address, root), _every);

    // Whether the walk in progress has to set no bit.
    private bool HasAccessedDirty(bool write)
    {
        ulong all = ulong.MaxValue;
        for (int i = 0; i < _walkDepth; i++)
        {
            all &= _walkEntries[i];
        }

        return (all & ControlBits.Accessed) != 0 && (!write || (_walkEntries[_walkDepth - 1] & ControlBits.Dirty) != 0);
    }
}
