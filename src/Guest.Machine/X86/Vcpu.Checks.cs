namespace Guest.Machine.X86;

/// <content>Checks of single accesses: alignment, canonical form, segment limits and rights.</content>
public sealed partial class Vcpu
{
    private void CheckAlignment(ulong address, int size)
    {
        if (AlignmentChecked && size is 2 or 4 or 8 && (address & (ulong)(size - 1)) != 0)
        {
            RaiseMisaligned(address);
        }
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
