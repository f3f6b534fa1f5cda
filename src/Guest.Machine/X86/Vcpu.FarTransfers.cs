namespace Guest.Machine.X86;

/// <content>Far jumps, calls and returns, IRET (Intel SDM 3A 5.8, 2A).</content>
public sealed partial class Vcpu
{
    /// <summary>JMP far (SDM 2A, JMP).</summary>
    /// <param name="selector">Target selector.</param>
    /// <param name="offset">Target offset, already cut to the operand size.</param>
    internal void FarJump(ushort selector, ulong offset)
    {
        if (!InProtectedMode || InVirtual8086)
        {
            JumpReal(selector, offset);
            return;
        }

        Descriptor target = FarTarget(selector, out bool gate);
        if (IsTask(target))
        {
            FarTask(selector, target, TaskSwitchKind.Jump);
            return;
        }

        ushort codeSelector = selector;
        if (gate)
        {
            (codeSelector, offset, target) = ThroughGate(selector, target);
            CheckTransferCode(codeSelector, target, State.Cpl, call: false);
        }
        else
        {
            CheckDirectCode(selector, target);
        }

        CheckTarget(target, offset);
        State.Rip = offset;
        SetCode(codeSelector, target, State.Cpl);
    }

    /// <summary>CALL far (SDM 2A, CALL).</summary>
    /// <param name="selector">Target selector.</param>
    /// <param name="offset">Target offset.</param>
    /// <param name="size">Operand size in bytes: what is pushed.</param>
    internal void FarCall(ushort selector, ulong offset, int size)
    {
        ref CpuState s = ref State;
        ulong sp = s.Rsp;
        if (!InProtectedMode || InVirtual8086)
        {
            PushReturn(ref s.Segments[(int)SegmentName.Ss], ref sp, size);
            JumpReal(selector, offset);
            SetStackPointer(sp);
            return;
        }

        Descriptor target = FarTarget(selector, out bool gate);
        if (IsTask(target))
        {
            FarTask(selector, target, TaskSwitchKind.Nest);
            return;
        }

        if (gate)
        {
            CallGate(selector, target);
            return;
        }

        CheckDirectCode(selector, target);
        CheckTarget(target, offset);
        PushReturn(ref s.Segments[(int)SegmentName.Ss], ref sp, size);
        SetStackPointer(sp);
        s.Rip = offset;
        SetCode(selector, target, s.Cpl);
    }

    /// <summary>RET far (SDM 2B, RET).</summary>
    /// <param name="size">Operand size in bytes.</param>
    /// <param name="release">Bytes of parameters to release.</param>
    internal void FarReturn(int size, int release)
    {
        ref CpuState s = ref State;
        ulong sp = s.Rsp;
        ulong rip = Pop(ref sp, size);
        ushort selector = (ushort)Pop(ref sp, size);
        if (!InProtectedMode || InVirtual8086)
        {
            JumpReal(selector, rip);
            SetStackPointer(sp + (ulong)release);
            return;
        }

        int cpl = selector & 3;
        Descriptor code = CheckedReturn(selector);
        if (cpl == s.Cpl)
        {
            CheckTarget(code, rip);
            s.Rip = rip;
            SetStackPointer(sp + (ulong)release);
            SetCode(selector, code, cpl);
            return;
        }

        sp += (ulong)release;
        ulong outerSp = Pop(ref sp, size);
        ushort outerSs = (ushort)Pop(ref sp, size);
        ReturnOuter(selector, code, rip, outerSs, outerSp + (ulong)release);
    }

    /// <summary>IRET, IRETD, IRETQ (SDM 2A).</summary>
    /// <param name="size">Operand size in bytes.</param>
    internal void InterruptReturn(int size)
    {
        ref CpuState s = ref State;
        if (!InProtectedMode || InVirtual8086)
        {
            InterruptReturnReal(size);
            return;
        }

        if ((s.SystemFlags & Flags.NT) != 0)
        {
            if (InLongMode)
            {
                RaiseGp();
            }

            ReturnToTask();
            return;
        }

        ulong sp = s.Rsp;
        ulong rip = Pop(ref sp, size);
        ushort selector = (ushort)Pop(ref sp, size);
        ulong flags = Pop(ref sp, size);
        if ((flags & Flags.VM) != 0 && !InLongMode && s.Cpl == 0 && size == 4)
        {
            ReturnToVirtual8086(rip, selector, flags, ref sp);
            return;
        }

        int cpl = selector & 3;
        Descriptor code = CheckedReturn(selector);
        bool outer = cpl != s.Cpl;
        int oldCpl = s.Cpl;
        if (outer || InLongMode64)
        {
            ulong outerSp = Pop(ref sp, size);
            ushort outerSs = (ushort)Pop(ref sp, size);
            ReturnOuter(selector, code, rip, outerSs, outerSp);
        }
        else
        {
            CheckTarget(code, rip);
            s.Rip = rip;
            SetStackPointer(sp);
            SetCode(selector, code, cpl);
        }

        LoadReturnFlags(flags, size, oldCpl);
    }

    private void UnblockNmi()
    {
        Attention |= State.NmiBlocked;
        State.NmiBlocked = false;
    }

    private void LoadReturnFlags(ulong flags, int size, int cpl)
    {
        ulong allowed = Flags.Status | Flags.TF | Flags.DF | Flags.NT;
        if (size > 2)
        {
            allowed |= Flags.RF | Flags.AC | Flags.ID;
        }

        if (cpl <= (int)((State.SystemFlags & Flags.IOPL) >> 12))
        {
            allowed |= Flags.IF;
        }

        if (cpl == 0)
        {
            allowed |= Flags.IOPL | (size > 2 ? Flags.VIF | Flags.VIP : 0);
        }

        SetFlags((GetFlags() & ~allowed) | (flags & allowed));
        NoteFlagsLoaded();
        UnblockNmi();
    }

    private void InterruptReturnReal(int size)
    {
        ref CpuState s = ref State;
        ulong sp = s.Rsp;
        int iopl = (int)((s.SystemFlags & Flags.IOPL) >> 12);
        if (InVirtual8086 && iopl != 3)
        {
            RaiseGp();
        }

        ulong rip = Pop(ref sp, size);
        ushort selector = (ushort)Pop(ref sp, size);
        ulong flags = Pop(ref sp, size);
        JumpReal(selector, rip);
        SetStackPointer(sp);
        ulong allowed = Flags.Status | Flags.TF | Flags.DF | Flags.NT | Flags.IF | (size > 2 ? Flags.RF | Flags.AC | Flags.ID : 0) | (InVirtual8086 ? 0 : Flags.IOPL);
        SetFlags((GetFlags() & ~allowed) | (flags & allowed));
        NoteFlagsLoaded();
        UnblockNmi();
    }

    private void ReturnToVirtual8086(ulong rip, ushort selector, ulong flags, ref ulong sp)
    {
        ref CpuState s = ref State;
        uint newSp = (uint)Pop(ref sp, 4);
        ReadOnlySpan<ushort> selectors = [(ushort)Pop(ref sp, 4), (ushort)Pop(ref sp, 4), (ushort)Pop(ref sp, 4), (ushort)Pop(ref sp, 4), (ushort)Pop(ref sp, 4)];
        SetFlags(flags);
        NoteFlagsLoaded();
        UnblockNmi();
        s.Cpl = 3;
        ReadOnlySpan<SegmentName> names = [SegmentName.Ss, SegmentName.Es, SegmentName.Ds, SegmentName.Fs, SegmentName.Gs];
        for (int i = 0; i < names.Length; i++)
        {
            LoadSegment(names[i], selectors[i]);
        }

        LoadSegment(SegmentName.Cs, selector);
        s.Rip = (ushort)rip;
        s.Rsp = newSp;
        UpdateMode();
    }

    private Descriptor FarTarget(ushort selector, out bool gate)
    {
        if ((selector & 0xFFFC) == 0)
        {
            RaiseGp();
        }

        Descriptor target = ReadDescriptor(selector, Vector.GP);
        gate = !target.CodeOrData;
        if (!gate)
        {
            return target;
        }

        if (IsTask(target) && !InLongMode)
        {
            return target;
        }

        if (target.Type != 12 && (target.Type != 4 || InLongMode))
        {
            RaiseSelector(Vector.GP, selector);
        }

        return target;
    }

    private (ushort Selector, ulong Offset, Descriptor Code) ThroughGate(ushort selector, Descriptor gate)
    {
        if (gate.Dpl < Math.Max(State.Cpl, selector & 3))
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (!gate.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        if (InLongMode && ((gate.High >> 40) & 0x1F) != 0)
        {
            RaiseSelector(Vector.GP, selector);
        }

        ushort target = gate.GateSelector;
        if ((target & 0xFFFC) == 0)
        {
            RaiseGp();
        }

        Descriptor code = ReadDescriptor(target, Vector.GP);
        return (target, gate.Type == 4 ? (ushort)gate.GateOffset : gate.GateOffset, code);
    }

    private void CheckTransferCode(ushort selector, Descriptor code, int cpl, bool call)
    {
        bool allowed = code.Code && code.Dpl <= cpl && (call || code.Conforming || code.Dpl == cpl);
        if (!allowed || (InLongMode && (!code.Long || code.Big)))
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (!code.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }
    }

    private void CheckDirectCode(ushort selector, Descriptor code)
    {
        int cpl = State.Cpl;
        bool allowed = code.Code && (code.Conforming ? code.Dpl <= cpl : (selector & 3) <= cpl && code.Dpl == cpl);
        if (!allowed || (InLongMode && code.Long && code.Big))
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (!code.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }
    }

    private Descriptor CheckedReturn(ushort selector)
    {
        if ((selector & 0xFFFC) == 0)
        {
            RaiseGp();
        }

        Descriptor code = ReadDescriptor(selector, Vector.GP);
        int rpl = selector & 3;
        if (!code.Code || rpl < State.Cpl || (code.Conforming ? code.Dpl > rpl : code.Dpl != rpl) || (InLongMode && code.Long && code.Big))
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (!code.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        return code;
    }

    private void ReturnOuter(ushort selector, Descriptor code, ulong rip, ushort outerSs, ulong outerSp)
    {
        ref CpuState s = ref State;
        int cpl = selector & 3;
        bool outer = cpl != s.Cpl;
        Segment stack = ReturnStack(outerSs, cpl, InLongMode && code.Long);
        CheckTarget(code, rip);
        s.Rip = rip;
        SetCode(selector, code, cpl);
        s.Segments[(int)SegmentName.Ss] = stack;
        SetStackPointer(outerSp);
        if (outer)
        {
            DropInnerSegments(cpl);
        }

        UpdateMode();
    }

    private Segment ReturnStack(ushort selector, int cpl, bool toLong)
    {
        if ((selector & 0xFFFC) == 0)
        {
            if (toLong && cpl != 3 && (selector & 3) == cpl)
            {
                return NullSegment(selector, cpl);
            }

            RaiseGp();
        }

        return CheckedStack(selector, cpl, Vector.GP);
    }

    private void CheckTarget(Descriptor code, ulong offset)
    {
        if (InLongMode && code.Long ? !IsCanonical(offset) : offset > code.Limit)
        {
            RaiseGp();
        }
    }

    private void CallGate(ushort selector, Descriptor gate)
    {
        ref CpuState s = ref State;
        (ushort target, ulong offset, Descriptor code) = ThroughGate(selector, gate);
        CheckTransferCode(target, code, s.Cpl, call: true);
        CheckTarget(code, offset);
        int size = InLongMode ? 8 : gate.Type == 12 ? 4 : 2;
        ulong sp = s.Rsp;
        if (code.Conforming || code.Dpl == s.Cpl)
        {
            PushReturn(ref s.Segments[(int)SegmentName.Ss], ref sp, size);
            SetStackPointer(sp);
            s.Rip = offset;
            SetCode(target, code, s.Cpl);
            return;
        }

        CallInner(target, code, offset, size, InLongMode ? 0 : gate.GateParameters);
    }

    private void CallInner(ushort target, Descriptor code, ulong offset, int size, int parameters)
    {
        ref CpuState s = ref State;
        Segment stack;
        ulong sp;
        if (InLongMode)
        {
            sp = TssStack(4 + (8 * code.Dpl));
            stack = NullSegment((ushort)code.Dpl, code.Dpl);
        }
        else
        {
            (ushort selector, uint pointer) = LegacyTssStack(code.Dpl);
            stack = CheckedStack(selector, code.Dpl, Vector.TS);
            sp = pointer;
        }

        Span<ulong> words = stackalloc ulong[32];
        ulong oldSp = s.Rsp;
        ulong from = oldSp;
        for (int i = 0; i < parameters; i++)
        {
            words[i] = Pop(ref from, size);
        }

        SetAccessMode(ModeOf(code.Dpl));
        PushOn(ref stack, ref sp, size, s.Segments[(int)SegmentName.Ss].Selector);
        PushOn(ref stack, ref sp, size, oldSp);
        for (int i = parameters - 1; i >= 0; i--)
        {
            PushOn(ref stack, ref sp, size, words[i]);
        }

        PushReturn(ref stack, ref sp, size);
        s.Segments[(int)SegmentName.Ss] = stack;
        s.Rsp = sp;
        s.Rip = offset;
        SetCode(target, code, code.Dpl);
    }

    private void PushReturn(ref Segment stack, ref ulong sp, int size)
    {
        ref CpuState s = ref State;
        PushOn(ref stack, ref sp, size, s.Segments[(int)SegmentName.Cs].Selector);
        PushOn(ref stack, ref sp, size, s.Rip);
    }

    private void JumpReal(ushort selector, ulong offset)
    {
        ref CpuState s = ref State;
        ref Segment cs = ref s.Segments[(int)SegmentName.Cs];
        if (offset > cs.Limit && offset > 0xFFFF)
        {
            RaiseGp();
        }

        LoadSegment(SegmentName.Cs, selector);
        s.Rip = offset;
        UpdateMode();
    }

    /// <summary>Reads 2, 4 or 8 bytes at a stack pointer and moves it; RSP itself is not changed.</summary>
    internal ulong Pop(ref ulong sp, int size)
    {
        ref Segment ss = ref State.Segments[(int)SegmentName.Ss];
        ulong mask = InLongMode64 ? ulong.MaxValue : ss.Big ? uint.MaxValue : ushort.MaxValue;
        ulong address = Linear(SegmentName.Ss, sp & mask, size, write: false);
        ulong value = size switch
        {
            2 => Load<ushort>(address),
            4 => Load<uint>(address),
            _ => Load<ulong>(address),
        };
        sp = (sp & ~mask) | ((sp + (ulong)size) & mask);
        return value;
    }
}
