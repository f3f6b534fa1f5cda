using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>Hardware task switches outside IA-32e mode (Intel SDM 3A chapter 7).</content>
public sealed partial class Vcpu
{
    private const ulong StatusTask = 1 << 15;

    /// <summary>Whether a descriptor names a task: a task-state segment or a task gate.</summary>
    private static bool IsTask(Descriptor descriptor) => !descriptor.CodeOrData && descriptor.Type is 1 or 3 or 5 or 9 or 11;

    /// <summary>JMP or CALL to a task-state segment or through a task gate (SDM 2A, JMP, CALL).</summary>
    private void FarTask(ushort selector, Descriptor target, TaskSwitchKind kind)
    {
        if (target.Dpl < Math.Max(State.Cpl, selector & 3))
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (target.Type == 5)
        {
            if (!target.Present)
            {
                RaiseSelector(Vector.NP, selector);
            }

            ThroughTaskGate(target, kind, GetFlags(), null);
        }
        else
        {
            SwitchToAvailable(selector, target, kind, GetFlags(), null);
        }

        TrapNewTask();
    }

    /// <summary>Enters the task that a task gate names; the caller has checked the gate.</summary>
    private void ThroughTaskGate(Descriptor gate, TaskSwitchKind kind, ulong flags, uint? error)
    {
        ushort selector = gate.GateSelector;
        if ((selector & 4) != 0 || (selector & 0xFFFC) == 0)
        {
            RaiseSelector(Vector.GP, selector);
        }

        Descriptor task = ReadDescriptor(selector, Vector.GP);
        if (task.CodeOrData || (task.Type & ~8) is not (1 or 3))
        {
            RaiseSelector(Vector.GP, selector);
        }

        SwitchToAvailable(selector, task, kind, flags, error);
    }

    /// <summary>IRET with NT set: returns to the task that the present one links to (SDM 3A 7.4).</summary>
    private void ReturnToTask()
    {
        ref Segment tr = ref State.Segments[(int)SegmentName.Tr];
        var selector = (ushort)ReadTask(tr.Base, 2);
        if ((selector & 4) != 0 || (selector & 0xFFFC) == 0)
        {
            RaiseSelector(Vector.TS, selector);
        }

        Descriptor task = ReadDescriptor(selector, Vector.TS);
        if (task.CodeOrData || (task.Type & ~8) != 3)
        {
            RaiseSelector(Vector.TS, selector);
        }

        if (!task.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        SwitchTask(selector, task, TaskSwitchKind.Return, GetFlags() & ~Flags.NT, null);
        UnblockNmi();
        TrapNewTask();
    }

    private void SwitchToAvailable(ushort selector, Descriptor task, TaskSwitchKind kind, ulong flags, uint? error)
    {
        if ((selector & 4) != 0 || (task.Type & 2) != 0)
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (!task.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        SwitchTask(selector, task, kind, flags, error);
    }

    // Everything up to the loading of the registers can fault in the old task; what follows faults in the new one.
    private void SwitchTask(ushort selector, Descriptor task, TaskSwitchKind kind, ulong flags, uint? error)
    {
        ref CpuState s = ref State;
        bool wide = task.Type >= 8;
        if (task.Limit < (wide ? 0x67u : 0x2Bu))
        {
            RaiseSelector(Vector.TS, selector);
        }

        Segment old = s.Segments[(int)SegmentName.Tr];
        SetAccessMode(AccessMode.Supervisor);
        ProbeWrite(old.Base, (old.Type & 8) != 0 ? 104 : 44);
        ProbeWrite(task.Base, wide ? 104 : 44);
        UpdateAccessMode();
        SaveTask(old, flags);
        if (kind == TaskSwitchKind.Nest)
        {
            WriteTask(task.Base, 2, old.Selector);
        }

        if (kind != TaskSwitchKind.Nest)
        {
            SetBusy(old.Selector, busy: false);
        }

        if (kind != TaskSwitchKind.Return)
        {
            SetBusy(selector, busy: true);
        }

        s.Cr0 |= Cr0Ts;
        s.Dr7 &= ~0x155UL;
        s.Segments[(int)SegmentName.Tr] = task.ToSegment(selector);
        s.Segments[(int)SegmentName.Tr].Attributes |= 2;
        LoadTask(task, kind == TaskSwitchKind.Nest, flags);
        if (error is { } code)
        {
            ulong sp = s.Rsp;
            PushOn(ref s.Segments[(int)SegmentName.Ss], ref sp, wide ? 4 : 2, code);
            SetStackPointer(sp);
        }
    }

    // ES, CS, SS, DS, FS, GS in this order; all are unusable until they have been checked.
    private void LoadTaskSegments(ReadOnlySpan<uint> selectors, ushort ldt)
    {
        ref CpuState s = ref State;
        for (int i = 0; i < 6; i++)
        {
            s.Segments[i] = new Segment { Selector = i < selectors.Length ? (ushort)selectors[i] : (ushort)0 };
        }

        LoadTaskLdt(ldt);
        var code = (ushort)selectors[(int)SegmentName.Cs];
        if (InVirtual8086)
        {
            for (int i = 0; i < selectors.Length; i++)
            {
                LoadSegment((SegmentName)i, (ushort)selectors[i]);
            }

            UpdateMode();
            return;
        }

        SetCode(code, TaskCode(code), code & 3);
        s.Segments[(int)SegmentName.Ss] = CheckedStack((ushort)selectors[(int)SegmentName.Ss], s.Cpl, Vector.TS);
        foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Ds, SegmentName.Es, SegmentName.Fs, SegmentName.Gs])
        {
            if ((int)name < selectors.Length)
            {
                s.Segments[(int)name] = CheckedData((ushort)selectors[(int)name], Vector.TS);
            }
        }

        UpdateMode();
    }

    private void LoadTaskLdt(ushort selector)
    {
        ref Segment ldtr = ref State.Segments[(int)SegmentName.Ldtr];
        ldtr = new Segment { Selector = selector };
        if ((selector & 0xFFFC) == 0)
        {
            return;
        }

        Descriptor descriptor = default;
        if ((selector & 4) != 0 || !TryReadDescriptor(selector, out descriptor) || descriptor.CodeOrData || descriptor.Type != 2 || !descriptor.Present)
        {
            RaiseSelector(Vector.TS, selector);
        }

        ldtr = descriptor.ToSegment(selector);
    }

    private Descriptor TaskCode(ushort selector)
    {
        if ((selector & 0xFFFC) == 0)
        {
            RaiseSelector(Vector.TS, selector);
        }

        Descriptor code = ReadDescriptor(selector, Vector.TS);
        int rpl = selector & 3;
        if (!code.Code || (code.Conforming ? code.Dpl > rpl : code.Dpl != rpl))
        {
            RaiseSelector(Vector.TS, selector);
        }

        if (!code.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        return code;
    }

    // The new task's T flag: #DB before its first instruction. The instruction that switched has retired.
    private void TrapNewTask()
    {
        ref CpuState s = ref State;
        ref Segment tr = ref s.Segments[(int)SegmentName.Tr];
        if ((tr.Type & 8) != 0 && (ReadTask(tr.Base + 0x64, 2) & 1) != 0)
        {
            s.Retired++;
            RaiseDebug(StatusTask, trap: true);
        }
    }

    private void SetBusy(ushort selector, bool busy)
    {
        ulong address = State.GdtBase + (selector & 0xFFF8u) + 5;
        uint attributes = ReadTask(address, 1);
        StoreSystem(address, (byte)(busy ? attributes | 2 : attributes & ~2u));
    }
}
