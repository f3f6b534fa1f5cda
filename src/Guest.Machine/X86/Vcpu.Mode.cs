using System.Runtime.CompilerServices;
using Guest.Machine.Native;
using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>The processor's mode and what follows from it: code size, privilege of accesses, RFLAGS.</content>
public sealed partial class Vcpu
{
    private bool _dataBreakpoints;
    private bool _stepOrBreak;

    /// <summary>Set when the engine must return to the machine's loop: an interrupt may be deliverable, or the run ended.</summary>
    public bool Attention { get; set; }

    /// <summary>Whether instructions must be executed one at a time, with checks around each.</summary>
    internal bool Careful { get; private set; }

    /// <summary>Whether CS is a 64-bit code segment in long mode.</summary>
    public bool InLongMode64 { get; private set; }

    /// <summary>Whether long mode is active (EFER.LMA), 64-bit or compatibility.</summary>
    public bool InLongMode => (State.Efer & EferLma) != 0;

    /// <summary>Whether protection is on (CR0.PE).</summary>
    public bool InProtectedMode => (State.Cr0 & Cr0Pe) != 0;

    /// <summary>Whether the processor is in virtual-8086 mode.</summary>
    public bool InVirtual8086 => (State.SystemFlags & Flags.VM) != 0;

    /// <summary>Default code size: 0, 1, 2 for 16, 32, 64 bits.</summary>
    public int CodeSize { get; private set; }

    /// <summary>What a fetch depends on besides the address, in four bits: code size and user privilege.</summary>
    internal uint CodeMode { get; private set; }

    /// <summary>The whole RFLAGS register.</summary>
    public ulong GetFlags() => State.SystemFlags | Flags.GetStatus(ref State);

    /// <summary>Replaces RFLAGS as it is given (bit 1 forced, reserved bits cleared); the caller has applied privilege.</summary>
    public void SetFlags(ulong flags)
    {
        ref CpuState s = ref State;
        const ulong Known = Flags.TF | Flags.IF | Flags.DF | Flags.IOPL | Flags.NT | Flags.RF | Flags.VM | Flags.AC | Flags.VIF | Flags.VIP | Flags.ID;
        ulong before = s.SystemFlags;
        s.SystemFlags = (flags & Known) | 2;
        Flags.SetStatus(ref s, flags);
        ulong changed = before ^ s.SystemFlags;
        if ((changed & (Flags.AC | Flags.VM)) != 0)
        {
            UpdateMode();
        }

        if ((changed & (Flags.TF | Flags.RF | Flags.IF)) != 0)
        {
            UpdateCareful();
            Attention |= (s.SystemFlags & Flags.IF) != 0 && _bus.HasInterrupt;
            EndBlock();
        }
    }

    /// <summary>Holds back interrupts (and for SS, debug exceptions) for one instruction.</summary>
    public void SetShadow(InterruptShadow shadow)
    {
        State.Shadow = shadow;
        UpdateCareful();
        EndBlock();
    }

    /// <summary>Recomputes what follows from CS, CPL, CR0, CR4, EFER, EFLAGS.AC and VM. Call after any of them has changed.</summary>
    public void UpdateMode()
    {
        ref CpuState s = ref State;
        ref Segment cs = ref s.Segments[(int)SegmentName.Cs];
        InLongMode64 = InLongMode && cs.Long;
        CodeSize = InLongMode64 ? 2 : cs.Big ? 1 : 0;
        CodeMode = (uint)(CodeSize | (s.Cpl == 3 ? 4 : 0));
        UpdateAccessMode();
        UpdateCareful();
        EndBlock();
    }

    /// <summary>Selects the TLB for the privilege of data accesses.</summary>
    internal void UpdateAccessMode()
    {
        ref CpuState s = ref State;
        SetAccessMode(ModeOf(s.Cpl));
    }

    /// <summary>The privilege of data accesses at a level, under EFLAGS.AC as it is.</summary>
    internal AccessMode ModeOf(int cpl) =>
        cpl == 3 ? AccessMode.User : (State.SystemFlags & Flags.AC) != 0 ? AccessMode.SupervisorAc : AccessMode.Supervisor;

    /// <summary>Translates data accesses with a given privilege until <see cref="UpdateAccessMode"/> (implicit supervisor accesses).</summary>
    internal void SetAccessMode(AccessMode mode)
    {
        ref CpuState s = ref State;
        s.Mode = mode;
        s.TlbMask = _tlb.Mask;
        s.Tlb = Observer is not null || MustCheckAccesses ? _tlb.Empty : _tlb.Table(mode);
    }

    /// <summary>Whether data accesses must not find their rights in the TLB: somebody looks at each.</summary>
    internal bool MustSeeAccesses => State.Tlb == _tlb.Empty;

    /// <summary>The same where that is the guest's own doing.</summary>
    internal bool MustCheckAccesses => _dataBreakpoints || AlignmentChecked;

    private bool AlignmentChecked => State.Mode == AccessMode.User && (State.Cr0 & Cr0Am) != 0 && (State.SystemFlags & Flags.AC) != 0;

    /// <summary>The linear address of an offset in CS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong CodeAddress(ulong rip) => InLongMode64 ? rip : (uint)(rip + State.Segments[(int)SegmentName.Cs].Base);

    /// <summary>Cuts a linear code address to the mode's width.</summary>
    internal ulong CodeWrap(ulong address) => InLongMode64 ? address : (uint)address;

    /// <summary>Outside 64-bit mode: RIP must lie inside CS.</summary>
    internal void CheckFetchLimit()
    {
        ref CpuState s = ref State;
        s.InstructionStart = s.Rip;
        if (!InLongMode64 && s.Rip > s.Segments[(int)SegmentName.Cs].Limit)
        {
            RaiseGp();
        }
    }

    /// <summary>The host address of the byte at a linear code address; checks the right to fetch it.</summary>
    internal nint FetchHost(ulong address)
    {
        ref CpuState s = ref State;
        if (_tlb.TryFetch(s.Cpl == 3, address, out nint known))
        {
            _ = Acquire(Memory.PageOf(known), AccessKind.Fetch);
            return known;
        }

        if (!TryTranslateFetch(address, out ulong physical))
        {
            throw _fault;
        }

        return Memory.TryHost(physical, out nint host)
            ? host
            : throw new ReplayKitException(404, ExitCode.HostCannot, $"the guest fetches an instruction from 0x{physical:x}, which is not RAM, at {Position}");
    }

    /// <summary>Reads one byte as a debugger would: no fault, no bit set.</summary>
    public bool TryPeek(GuestVirtual address, out byte value)
    {
        value = 0;
        if (!TryTranslate(address, out GuestPhysical physical) || !Memory.TryHost(physical.Value, out nint host))
        {
            return false;
        }

        value = Raw.Load<byte>(host);
        return true;
    }

    private void UpdateCareful()
    {
        ref CpuState s = ref State;
        _stepOrBreak = (s.SystemFlags & (Flags.TF | Flags.RF)) != 0 || (s.Dr7 & 0xFF) != 0;
        Careful = _stepOrBreak || s.Shadow != InterruptShadow.None;
    }
}
