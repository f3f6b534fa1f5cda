using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>Descriptor tables and segment loads (Intel SDM 3A chapters 3 and 5).</content>
public sealed partial class Vcpu
{
    private const int AccessedType = 1;

    /// <summary>Loads a data segment register or SS as MOV and POP do; in real and virtual-8086 mode without a descriptor.</summary>
    public void LoadSegment(SegmentName name, ushort selector)
    {
        ref CpuState s = ref State;
        ref Segment segment = ref s.Segments[(int)name];
        if (!InProtectedMode || InVirtual8086)
        {
            segment.Selector = selector;
            segment.Base = (ulong)selector << 4;
            if (InVirtual8086)
            {
                segment.Limit = 0xFFFF;
                segment.Attributes = 0xF3;
            }

            return;
        }

        segment = name == SegmentName.Ss ? CheckedStack(selector, s.Cpl, Vector.GP) : CheckedData(selector);
        if (name == SegmentName.Ss)
        {
            UpdateMode();
        }
    }

    /// <summary>Reads a descriptor from the GDT or LDT.</summary>
    /// <param name="selector">Its selector; the caller has handled null ones.</param>
    /// <param name="vector">What to raise where it lies beyond the table.</param>
    internal Descriptor ReadDescriptor(ushort selector, Vector vector)
    {
        if (!TryReadDescriptor(selector, out Descriptor descriptor))
        {
            RaiseSelector(vector, selector);
        }

        return descriptor;
    }

    /// <summary>Reads a descriptor; system descriptors of long mode are 16 bytes long.</summary>
    /// <returns>False where it lies beyond the table.</returns>
    internal bool TryReadDescriptor(ushort selector, out Descriptor descriptor)
    {
        ref CpuState s = ref State;
        descriptor = default;
        bool local = (selector & 4) != 0;
        ref Segment ldt = ref s.Segments[(int)SegmentName.Ldtr];
        uint offset = selector & 0xFFF8u;
        uint limit = local ? ldt.Limit : s.GdtLimit;
        if ((local && !ldt.Present) || offset + 7 > limit)
        {
            return false;
        }

        ulong address = (local ? ldt.Base : s.GdtBase) + offset;
        ulong low = LoadSystem(address);
        descriptor = new Descriptor(low);
        if (InLongMode && !descriptor.CodeOrData && descriptor.Type != 0)
        {
            if (offset + 15 > limit)
            {
                return false;
            }

            descriptor = new Descriptor(low, LoadSystem(address + 8));
        }

        return true;
    }

    /// <summary>Sets the accessed bit of a code or data descriptor (busy bit of a TSS: type or 2).</summary>
    internal void MarkDescriptor(ushort selector, Descriptor descriptor, int typeBits)
    {
        ulong marked = descriptor.Low | ((ulong)typeBits << 40);
        if (marked != descriptor.Low)
        {
            ref CpuState s = ref State;
            ulong table = (selector & 4) != 0 ? s.Segments[(int)SegmentName.Ldtr].Base : s.GdtBase;
            StoreSystem(table + (selector & 0xFFF8u) + 5, (byte)(marked >> 40));
        }
    }

    /// <summary>Loads eight bytes with supervisor privilege whatever the CPL is.</summary>
    internal ulong LoadSystem(ulong address)
    {
        SetAccessMode(AccessMode.Supervisor);
        ulong value = Load<ulong>(InLongMode ? address : (uint)address);
        UpdateAccessMode();
        return value;
    }

    /// <summary>Stores one byte with supervisor privilege.</summary>
    internal void StoreSystem(ulong address, byte value)
    {
        SetAccessMode(AccessMode.Supervisor);
        Store(InLongMode ? address : (uint)address, value);
        UpdateAccessMode();
    }

    /// <summary>The checks of loading SS at a privilege (SDM 2B, MOV; 3A 6.12, 6.14).</summary>
    /// <param name="selector">The selector.</param>
    /// <param name="cpl">The privilege it must have.</param>
    /// <param name="vector">#GP for loads and returns, #TS for stacks out of the TSS.</param>
    internal Segment CheckedStack(ushort selector, int cpl, Vector vector)
    {
        if ((selector & 0xFFFC) == 0)
        {
            // A null SS is allowed in 64-bit mode below CPL 3, with RPL = CPL.
            if (vector == Vector.GP && InLongMode64 && cpl != 3 && (selector & 3) == cpl)
            {
                return NullSegment(selector, cpl);
            }

            RaiseSelector(vector, 0);
        }

        Descriptor descriptor = ReadDescriptor(selector, vector);
        if ((selector & 3) != cpl || descriptor.Dpl != cpl || !descriptor.WritableData)
        {
            RaiseSelector(vector, selector);
        }

        if (!descriptor.Present)
        {
            RaiseSelector(Vector.SS, selector);
        }

        MarkDescriptor(selector, descriptor, AccessedType);
        return descriptor.ToSegment(selector);
    }

    /// <summary>An unusable segment register; SS keeps its privilege in it.</summary>
    internal static Segment NullSegment(ushort selector, int dpl) => new() { Selector = selector, Attributes = (ushort)((dpl << 5) | 0) };

    private Segment CheckedData(ushort selector, Vector vector = Vector.GP)
    {
        if ((selector & 0xFFFC) == 0)
        {
            return new Segment { Selector = selector };
        }

        Descriptor descriptor = ReadDescriptor(selector, vector);
        if (!descriptor.CodeOrData || !descriptor.Readable)
        {
            RaiseSelector(vector, selector);
        }

        if (!descriptor.Conforming && Math.Max(selector & 3, State.Cpl) > descriptor.Dpl)
        {
            RaiseSelector(vector, selector);
        }

        if (!descriptor.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        MarkDescriptor(selector, descriptor, AccessedType);
        return descriptor.ToSegment(selector);
    }

    /// <summary>After a return to an outer privilege: data segments that the outer level may not use become null (SDM 2A, IRET).</summary>
    internal void DropInnerSegments(int cpl)
    {
        ref CpuState s = ref State;
        foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Es, SegmentName.Ds, SegmentName.Fs, SegmentName.Gs])
        {
            ref Segment segment = ref s.Segments[(int)name];
            bool conforming = (segment.Type & 12) == 12;
            if (!conforming && segment.Dpl < cpl && (segment.Attributes & 0x10) != 0)
            {
                segment.Selector = 0;
                segment.Attributes = 0;
            }
            else if ((segment.Selector & 0xFFFC) == 0)
            {
                segment.Selector = 0;
            }
        }
    }

    /// <summary>Puts a checked code segment into CS and takes its privilege.</summary>
    internal void SetCode(ushort selector, Descriptor descriptor, int cpl)
    {
        MarkDescriptor(selector, descriptor, AccessedType);
        ref CpuState s = ref State;
        s.Segments[(int)SegmentName.Cs] = descriptor.ToSegment((ushort)((selector & ~3) | cpl));
        s.Segments[(int)SegmentName.Cs].Attributes |= AccessedType;
        s.Cpl = cpl;
        UpdateMode();
    }

    /// <summary>Loads LDTR (SDM 2A, LLDT).</summary>
    internal void LoadLdtr(ushort selector)
    {
        ref Segment ldtr = ref State.Segments[(int)SegmentName.Ldtr];
        if ((selector & 0xFFFC) == 0)
        {
            ldtr = new Segment { Selector = selector };
            return;
        }

        Descriptor descriptor = SystemDescriptor(selector, 2, 2);
        ldtr = descriptor.ToSegment(selector);
    }

    /// <summary>Loads TR and marks the task-state segment busy (SDM 2A, LTR).</summary>
    internal void LoadTr(ushort selector)
    {
        if ((selector & 0xFFFC) == 0)
        {
            RaiseGp();
        }

        Descriptor descriptor = SystemDescriptor(selector, 9, InLongMode ? 9 : 1);
        MarkDescriptor(selector, descriptor, 2);
        ref Segment tr = ref State.Segments[(int)SegmentName.Tr];
        tr = descriptor.ToSegment(selector);
        tr.Attributes |= 2;
    }

    private Descriptor SystemDescriptor(ushort selector, int type, int otherType)
    {
        if ((selector & 4) != 0)
        {
            RaiseSelector(Vector.GP, selector);
        }

        Descriptor descriptor = ReadDescriptor(selector, Vector.GP);
        if (descriptor.CodeOrData || (descriptor.Type != type && descriptor.Type != otherType))
        {
            RaiseSelector(Vector.GP, selector);
        }

        if (!descriptor.Present)
        {
            RaiseSelector(Vector.NP, selector);
        }

        if (InLongMode && !IsCanonical(descriptor.Base))
        {
            RaiseSelector(Vector.GP, selector);
        }

        return descriptor;
    }

    /// <summary>Raises #GP(0) above a privilege.</summary>
    internal void RequireCpl0()
    {
        if (State.Cpl != 0)
        {
            RaiseGp();
        }
    }

    /// <summary>Raises #GP(0) for SGDT, SIDT, SLDT, STR and SMSW in user mode under UMIP (SDM 3A 2.5).</summary>
    internal void RequireUmip()
    {
        if ((State.Cr4 & Cr4Umip) != 0 && State.Cpl == 3)
        {
            RaiseGp();
        }
    }
}
