namespace Guest.Machine.X86;

/// <content>Checks of single accesses: alignment, canonical form, segment limits and rights.</content>
public sealed partial class Vcpu
{
    private void CheckAlignment(ulong address, int size)
    {
        if (AlignmentChecked && (address & AlignmentMask(size)) != 0)
        {
            RaiseMisaligned(address);
        }
    }

    // What #AC asks of an operand (Intel SDM 3A table 6-7); of vectors nothing (Intel SDM 2A 2.4: 8 bytes or less).
    private static ulong AlignmentMask(int size) => size switch
    {
        2 or 14 or 94 => 1,
        4 or 28 or 108 => 3,
        8 or 10 => 7,
        _ => 0,
    };

    /// <summary>An FXSAVE area is not aligned: #AC where alignment is checked and not even a doubleword's holds, else #GP (Intel SDM 2A).</summary>
    internal void RaiseMisalignedFxsaveArea(ulong address)
    {
        if (AlignmentChecked && (address & 3) != 0)
        {
            RaiseMisaligned(address);
        }

        if (!IsCanonical(address))
        {
            RaiseNotCanonical(address);
        }

        RaiseGp();
    }

    private void RaiseMisaligned(ulong address)
    {
        if (!IsCanonical(address))
        {
            RaiseNotCanonical(address);
        }

        Raise(Vector.AC, 0);
    }

    private void CheckSegment(SegmentName name, ref Segment segment, ulong offset, int size, bool write)
    {
        Vector vector = name == SegmentName.Ss ? Vector.SS : Vector.GP;
        if (InProtectedMode && !InVirtual8086)
        {
            bool code = (segment.Type & 8) != 0;
            bool readWrite = (segment.Type & 2) != 0;
            if (!segment.Present || (write ? code || !readWrite : code && !readWrite))
            {
                Raise(vector, 0);
            }
        }

        ulong last = offset + (ulong)size - 1;
        bool down = (segment.Attributes & 0x1C) == 0x14;
        ulong top = segment.Big ? uint.MaxValue : ushort.MaxValue;
        if (down ? offset <= segment.Limit || last > top : last > segment.Limit)
        {
            Raise(vector, 0);
        }
    }
}
