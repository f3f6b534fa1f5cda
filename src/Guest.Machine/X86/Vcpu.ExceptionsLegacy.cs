namespace Guest.Machine.X86;

/// <content>Delivery through 16 and 32-bit gates in protected mode without long mode (Intel SDM 3A 6.12).</content>
public sealed partial class Vcpu
{
    private void EnterProtected(byte vector, uint? error, EventKind kind, ulong flags)
    {
        ref CpuState s = ref State;
        uint gateError = (vector * 8u) | IdtBit | _externalEvent;
        if ((vector * 8) + 7 > s.IdtLimit)
        {
            Raise(Vector.GP, gateError);
        }

        var gate = new Descriptor(LoadSystem(s.IdtBase + (vector * 8UL)));
        bool task = !gate.CodeOrData && gate.Type == 5;
        CheckGate(gate, gateError, kind, allow16: true, allowTask: true);
        if (task)
        {
            ThroughTaskGate(gate, TaskSwitchKind.Nest, flags | Flags.GetStatus(ref s), error);
            return;
        }

        ushort selector = gate.GateSelector;
        Descriptor code = CheckedHandler(selector);
        bool wide = gate.Type >= 8;
        int cpl = code.Conforming ? s.Cpl : code.Dpl;
        if (InVirtual8086 && cpl != 0)
        {
            RaiseSelector(Vector.GP, selector);
        }

        ulong offset = wide ? gate.GateOffset : (ushort)gate.GateOffset;
        if (offset > code.Limit)
        {
            Raise(Vector.GP, _externalEvent);
        }

        if (cpl != s.Cpl)
        {
            EnterInner(cpl, wide, error, flags);
        }
        else
        {
            ulong sp = s.Rsp;
            PushLegacyFrame(ref s.Segments[(int)SegmentName.Ss], ref sp, wide, flags, error, outer: false);
            SetStackPointer(sp);
        }

        s.Rip = offset;
        s.SystemFlags &= ~(Flags.TF | Flags.NT | Flags.RF | Flags.VM | ((gate.Type & 1) == 0 ? Flags.IF : 0));
        SetCode(selector, code, cpl);
    }

    private void EnterInner(int cpl, bool wide, uint? error, ulong flags)
    {
        ref CpuState s = ref State;
        (ushort selector, uint pointer) = LegacyTssStack(cpl);
        Segment stack = CheckedStack(selector, cpl, Vector.TS);
        bool virtual8086 = InVirtual8086;
        ulong sp = pointer;
        SetAccessMode(AccessMode.Supervisor);
        if (virtual8086)
        {
            foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Gs, SegmentName.Fs, SegmentName.Ds, SegmentName.Es])
            {
                PushOn(ref stack, ref sp, wide ? 4 : 2, s.Segments[(int)name].Selector);
            }
        }

        PushLegacyFrame(ref stack, ref sp, wide, flags, error, outer: true);
        s.Segments[(int)SegmentName.Ss] = stack;
        s.Rsp = sp;
        if (virtual8086)
        {
            foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Gs, SegmentName.Fs, SegmentName.Ds, SegmentName.Es])
            {
                s.Segments[(int)name] = default;
            }
        }
    }

    /// <summary>SS and ESP of a privilege level out of a 32 or 16-bit task-state segment.</summary>
    internal (ushort Selector, uint Pointer) LegacyTssStack(int cpl)
    {
        ref Segment tr = ref State.Segments[(int)SegmentName.Tr];
        bool wide = (tr.Type & 8) != 0;
        int at = wide ? 4 + (8 * cpl) : 2 + (4 * cpl);
        if (at + (wide ? 5 : 3) > tr.Limit)
        {
            RaiseSelector(Vector.TS, tr.Selector);
        }

        ulong value = LoadSystem(tr.Base + (ulong)at);
        return wide ? ((ushort)(value >> 32), (uint)value) : ((ushort)(value >> 16), (ushort)value);
    }

    private void PushLegacyFrame(ref Segment stack, ref ulong sp, bool wide, ulong flags, uint? error, bool outer)
    {
        ref CpuState s = ref State;
        int size = wide ? 4 : 2;
        if (outer)
        {
            ulong oldSp = s.Rsp;
            PushOn(ref stack, ref sp, size, s.Segments[(int)SegmentName.Ss].Selector);
            PushOn(ref stack, ref sp, size, oldSp);
        }

        PushOn(ref stack, ref sp, size, flags | Flags.GetStatus(ref s));
        PushOn(ref stack, ref sp, size, s.Segments[(int)SegmentName.Cs].Selector);
        PushOn(ref stack, ref sp, size, s.Rip);
        if (error is { } code)
        {
            PushOn(ref stack, ref sp, size, code);
        }
    }

    /// <summary>Pushes 2, 4 or 8 bytes on a stack that is not loaded yet; the pointer moves only in the caller's copy.</summary>
    internal void PushOn(ref Segment stack, ref ulong sp, int size, ulong value)
    {
        // Eight bytes go on a 64-bit stack, also where a call gate leaves compatibility mode.
        bool flat = InLongMode64 || size == 8;
        ulong mask = flat ? ulong.MaxValue : stack.Big ? uint.MaxValue : ushort.MaxValue;
        ulong next = (sp - (ulong)size) & mask;
        ulong address = next;
        if (!flat)
        {
            CheckSegment(SegmentName.Ss, ref stack, next, size, write: true);
            address = (uint)(stack.Base + next);
        }

        switch (size)
        {
            case 2: Store(address, (ushort)value); break;
            case 4: Store(address, (uint)value); break;
            default: Store(address, value); break;
        }

        sp = (sp & ~mask) | next;
    }

    /// <summary>Writes RSP, ESP or SP by the stack segment's size.</summary>
    internal void SetStackPointer(ulong value)
    {
        ref CpuState s = ref State;
        ref Segment ss = ref s.Segments[(int)SegmentName.Ss];
        s.Rsp = InLongMode64 ? value : ss.Big ? (uint)value : (s.Rsp & ~0xFFFFUL) | (ushort)value;
    }
}
