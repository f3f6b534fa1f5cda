using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>Delivery of exceptions and interrupts: what reaches the IDT, double faults, shutdown (Intel SDM 3A chapter 6).</content>
public sealed partial class Vcpu
{
    private const uint ExternalBit = 1;
    private const uint IdtBit = 2;
    private const byte NmiVector = 2;
    private uint _externalEvent;
    private bool _flagsLoaded;

    /// <summary>Who sees deliveries, or null.</summary>
    internal IInstructionObserver? DeliveryObserver { get; set; }

    /// <summary>Says that this instruction has loaded RFLAGS, RF included: RF is not cleared after it.</summary>
    internal void NoteFlagsLoaded() => _flagsLoaded = true;

    /// <summary>Delivers a fault or trap that an instruction raised; RIP goes back to the instruction for a fault.</summary>
    internal void Deliver(GuestFaultException fault)
    {
        ref CpuState s = ref State;
        UpdateAccessMode();
        _externalEvent = 0;
        NoteActed();
        if (!fault.Trap)
        {
            s.Rip = s.InstructionStart;
            NoteTry();
        }

        bool setResume = fault.Trap ? s.InRep : fault.Vector != Vector.DB;
        s.InRep = false;
        s.Shadow = InterruptShadow.None;
        Deliver((byte)fault.Vector, fault, EventKind.Exception, setResume);
        UpdateCareful();
    }

    /// <summary>Accepts and delivers the pending external interrupt; the caller has checked that it may be.</summary>
    public void DeliverInterrupt()
    {
        ref CpuState s = ref State;
        byte vector = Bus.AcknowledgeInterrupt();
        s.Halted = false;
        s.InstructionStart = s.Rip;
        bool resume = s.InRep;
        s.InRep = false;
        _fault.ErrorCode = null;
        Deliver(vector, null, EventKind.External, resume);
    }

    /// <summary>Delivers a non-maskable interrupt and holds back further ones until IRET (SDM 3A 6.7); the caller has checked that it may be.</summary>
    public void DeliverNmi()
    {
        ref CpuState s = ref State;
        s.Halted = false;
        s.NmiBlocked = true;
        s.InstructionStart = s.Rip;
        bool resume = s.InRep;
        s.InRep = false;
        _fault.ErrorCode = null;
        Deliver(NmiVector, null, EventKind.External, resume);
    }

    /// <summary>Delivers INT n, INT3, INTO or INT1; RIP points behind the instruction.</summary>
    internal void DeliverSoftware(byte vector, EventKind kind)
    {
        ref CpuState s = ref State;
        _externalEvent = kind == EventKind.PrivilegedSoftware ? ExternalBit : 0;
        CancelStep();
        Enter(vector, null, kind, s.SystemFlags & ~Flags.RF);
        _externalEvent = 0;
    }

    // Delivers one event, and what its delivery raises in turn, until a handler is entered or the processor shuts down.
    private void Deliver(byte vector, GuestFaultException? fault, EventKind kind, bool setResume)
    {
        ref CpuState s = ref State;
        uint? error = fault?.ErrorCode;
        NoteSyndrome(fault);
        while (true)
        {
            ulong flags = setResume ? s.SystemFlags | Flags.RF : s.SystemFlags & ~Flags.RF;
            try
            {
                _externalEvent = ExternalBit;
                DeliveryObserver?.Delivering(this, vector, error, kind == EventKind.External);
                Enter(vector, error, kind, flags);
                _externalEvent = 0;
                return;
            }
            catch (GuestFaultException next)
            {
                UpdateAccessMode();
                bool contributes = kind == EventKind.Exception;
                byte second = (byte)next.Vector;
                if (contributes && vector == (byte)Vector.DF && Class(second) != 0)
                {
                    ShutDown();
                    return;
                }

                _externalEvent = 0;
                bool doubled = contributes && (Class(vector), Class(second)) is (1, 1) or (2, 1) or (2, 2);
                NoteSyndrome(next);
                vector = doubled ? (byte)Vector.DF : second;
                error = doubled ? 0 : next.ErrorCode;
                kind = EventKind.Exception;
                setResume = true;
            }
        }
    }

    /// <summary>Ends the machine: a fault during the delivery of a double fault.</summary>
    internal void ShutDown()
    {
        Bus.ShutDown();
        Attention = true;
        EndBlock();
    }

    // 0 benign, 1 contributory, 2 page fault; a double fault counts as contributory here (SDM 3A table 6-4).
    private static int Class(byte vector) => vector switch
    {
        0 or 8 or 10 or 11 or 12 or 13 => 1,
        14 => 2,
        _ => 0,
    };

    private void NoteSyndrome(GuestFaultException? fault)
    {
        if (fault?.Vector == Vector.PF)
        {
            State.Cr2 = fault.LinearAddress;
        }
        else if (fault?.Vector == Vector.DB)
        {
            State.Dr6 = (State.Dr6 & ~15UL) | fault.DebugStatus;
            State.Dr7 &= ~(1UL << 13);
        }
    }

    private void Enter(byte vector, uint? error, EventKind kind, ulong flags)
    {
        bool real = !InProtectedMode;
        if (real)
        {
            EnterReal(vector);
        }
        else if (InLongMode)
        {
            EnterLong(vector, error, kind, flags);
        }
        else
        {
            EnterProtected(vector, error, kind, flags);
        }

        UpdateMode();
    }

    private void EnterReal(byte vector)
    {
        ref CpuState s = ref State;
        if ((vector * 4) + 3 > s.IdtLimit)
        {
            Raise(Vector.GP, null);
        }

        uint entry = Load<uint>(s.IdtBase + (vector * 4UL));
        ulong sp = s.Rsp;
        PushReal(ref sp, (ushort)GetFlags());
        PushReal(ref sp, s.Segments[(int)SegmentName.Cs].Selector);
        PushReal(ref sp, (ushort)s.Rip);
        s.Rsp = (s.Rsp & ~0xFFFFUL) | (ushort)sp;
        s.SystemFlags &= ~(Flags.IF | Flags.TF | Flags.AC | Flags.RF);
        s.Segments[(int)SegmentName.Cs].Selector = (ushort)(entry >> 16);
        s.Segments[(int)SegmentName.Cs].Base = entry >> 16 << 4;
        s.Rip = (ushort)entry;
    }

    private void PushReal(ref ulong sp, ushort value)
    {
        sp = (ushort)(sp - 2);
        Store(Linear(SegmentName.Ss, sp, 2, true), value);
    }

    private void EnterLong(byte vector, uint? error, EventKind kind, ulong flags)
    {
        ref CpuState s = ref State;
        uint gateError = (vector * 8u) | IdtBit | _externalEvent;
        if ((vector * 16) + 15 > s.IdtLimit)
        {
            Raise(Vector.GP, gateError);
        }

        var gate = new Descriptor(LoadSystem(s.IdtBase + (vector * 16UL)), LoadSystem(s.IdtBase + (vector * 16UL) + 8));
        CheckGate(gate, gateError, kind, allow16: false);
        ushort selector = gate.GateSelector;
        Descriptor code = CheckedHandler(selector);
        if (!code.Long || code.Big)
        {
            RaiseSelector(Vector.GP, selector);
        }

        int cpl = code.Conforming ? s.Cpl : code.Dpl;
        bool inner = cpl != s.Cpl;
        ulong stack = gate.GateIst != 0 ? TssStack(36 + (8 * (gate.GateIst - 1))) : inner ? TssStack(4 + (8 * cpl)) : s.Rsp;
        if (!IsCanonical(gate.GateOffset))
        {
            Raise(Vector.GP, _externalEvent);
        }

        PushFrame(stack & ~15UL, error, flags, cpl);
        s.Rip = gate.GateOffset;
        if (inner)
        {
            s.Segments[(int)SegmentName.Ss] = NullSegment((ushort)cpl, cpl);
        }

        s.SystemFlags &= ~(Flags.TF | Flags.NT | Flags.RF | Flags.VM | ((gate.Type & 1) == 0 ? Flags.IF : 0));
        SetCode(selector, code, cpl);
    }

    // Interrupt and trap gates, outside IA-32e mode task gates too; software interrupts need the gate's privilege; present (SDM 2A, INT n).
    private void CheckGate(Descriptor gate, uint gateError, EventKind kind, bool allow16, bool allowTask = false)
    {
        bool task = allowTask && gate.Type == 5;
        if (gate.CodeOrData || (!task && ((gate.Type & ~9) != 6 || (gate.Type < 8 && !allow16))))
        {
            Raise(Vector.GP, gateError);
        }

        if (kind == EventKind.Software && gate.Dpl < State.Cpl)
        {
            Raise(Vector.GP, gateError);
        }

        if (!gate.Present)
        {
            Raise(Vector.NP, gateError);
        }
    }

    private Descriptor CheckedHandler(ushort selector)
    {
        if ((selector & 0xFFFC) == 0)
        {
            Raise(Vector.GP, _externalEvent);
        }

        Descriptor code = ReadDescriptor(selector, Vector.GP);
        if (!code.Code || code.Dpl > State.Cpl)
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (!code.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        return code;
    }

    private ulong TssStack(int offset)
    {
        ref Segment tr = ref State.Segments[(int)SegmentName.Tr];
        if (offset + 7 > tr.Limit)
        {
            RaiseSelector(Vector.TS, tr.Selector);
        }

        ulong stack = LoadSystem(tr.Base + (ulong)offset);
        if (!IsCanonical(stack))
        {
            Raise(Vector.SS, _externalEvent);
        }

        return stack;
    }

    private void PushFrame(ulong stack, uint? error, ulong flags, int cpl)
    {
        ref CpuState s = ref State;
        ulong oldSp = s.Rsp;
        ReadOnlySpan<ulong> frame = [s.Segments[(int)SegmentName.Ss].Selector, oldSp, flags | Flags.GetStatus(ref s), s.Segments[(int)SegmentName.Cs].Selector, s.Rip, error ?? 0];
        int count = error is null ? 5 : 6;
        SetAccessMode(ModeOf(cpl));
        if (!IsCanonical(stack - (8 * (ulong)count)))
        {
            Raise(Vector.SS, _externalEvent);
        }

        for (int i = 0; i < count; i++)
        {
            stack -= 8;
            Store(stack, frame[i]);
        }

        s.Rsp = stack;
    }
}
