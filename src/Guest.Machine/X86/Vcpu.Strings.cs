using Guest.Machine.Memory;

namespace Guest.Machine.X86;

/// <content>Ranges of host memory for string instructions.</content>
public sealed partial class Vcpu
{
    /// <summary>The linear address of an offset in a segment, without checks.</summary>
    internal ulong LinearUnchecked(SegmentName segment, ulong offset)
    {
        ulong origin = State.Segments[(int)segment].Base;
        return !InLongMode64 ? (uint)(origin + offset) : segment >= SegmentName.Fs ? origin + offset : offset;
    }

    /// <summary>Where a range that lies inside one page stands in host memory, if it can be accessed without any ceremony or fault.</summary>
    internal bool TryHostRange(SegmentName segment, ulong offset, int bytes, AccessKind kind, out nint host)
    {
        host = 0;
        return (InLongMode64 || Allows(ref State.Segments[(int)segment], offset, bytes, kind == AccessKind.Write))
            && TryReach(LinearUnchecked(segment, offset), bytes, kind, out host);
    }

    /// <summary>Who is to be told what was done at once in host memory; null where nobody is, or each element is seen as it is done.</summary>
    internal IAccessObserver? RunObserver => Observer is { TakesRuns: true } && !MustCheckAccesses ? Observer : null;

    /// <summary>The guest-physical address of a place in RAM.</summary>
    internal ulong PhysicalOf(nint host) => GuestMemory.AddressOf(Memory.PageOf(host)).Value + ((ulong)host & 0xFFF);

    // Both operands of a copy may want the same entry of the TLB: what one of them pushed out is found again, or each element would miss twice.
    private bool TryReach(ulong address, int bytes, AccessKind kind, out nint host)
    {
        if (!MustSeeAccesses)
        {
            return TrySpan(address, bytes, kind, out host) || (TryAllow(address, kind) && TrySpan(address, bytes, kind, out host));
        }

        host = 0;
        if (RunObserver is null)
        {
            return false;
        }

        // The elements need not miss for the observer's sake.
        nint table = State.Tlb;
        State.Tlb = _tlb.Table(State.Mode);
        bool reached = TrySpan(address, bytes, kind, out host) || (TryAllow(address, kind) && TrySpan(address, bytes, kind, out host));
        State.Tlb = table;
        return reached;
    }

    // As CheckSegment, without raising; segments that expand down are left to it.
    private bool Allows(ref Segment segment, ulong offset, int bytes, bool write)
    {
        bool code = (segment.Type & 8) != 0;
        bool readWrite = (segment.Type & 2) != 0;
        bool rights = !InProtectedMode || InVirtual8086 || (segment.Present && !(write ? code || !readWrite : code && !readWrite));
        return rights && (segment.Attributes & 0x1C) != 0x14 && offset + (ulong)bytes - 1 <= segment.Limit;
    }
}
