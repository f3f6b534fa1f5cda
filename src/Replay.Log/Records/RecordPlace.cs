using Guest.Machine;

namespace Replay.Log.Records;

/// <summary>Where in the log a record stands: its position, and what earlier records of its frame make shorter to say.</summary>
/// <remarks>Writer and reader keep one each and move it alike. It starts anew in each frame, so each frame can be read by itself.</remarks>
public sealed class RecordPlace
{
    private const int RepFlag = 1;
    private const int OtherVcpuFlag = 2;
    private const int KindShift = 2;

    private readonly ulong[] _retired;
    private readonly (ulong Retired, TimeAnchor Anchor)[] _anchors;
    private TimeAnchor? _anchorHere;

    /// <summary>Creates the place for a machine with that many vCPUs.</summary>
    public RecordPlace(int vcpus)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vcpus, 1);
        _retired = new ulong[vcpus];
        _anchors = new (ulong, TimeAnchor)[vcpus];
    }

    /// <summary>vCPUs of the machine.</summary>
    public int Vcpus => _retired.Length;

    /// <summary>The position of the record.</summary>
    public Position Position { get; private set; }

    /// <summary>The line of the vCPU's time-stamp counter that the last anchor in the frame drew; all zero where there was none.</summary>
    internal (ulong Retired, TimeAnchor Anchor) PreviousAnchor => _anchors[Position.Vcpu];

    /// <summary>Goes to the start of a frame.</summary>
    /// <param name="from">Where the frame before ended.</param>
    internal void StartFrame(Position from)
    {
        Array.Clear(_retired);
        Array.Clear(_anchors);
        _anchorHere = null;
        _retired[from.Vcpu] = from.Retired;
        Position = from;
    }

    /// <summary>Checks that a record at that position may follow.</summary>
    /// <exception cref="ArgumentException">It is behind that of the vCPU's record before, or its vCPU does not exist.</exception>
    internal void CheckNotBehind(Position at)
    {
        if ((uint)at.Vcpu >= (uint)_retired.Length || at.Retired < _retired[at.Vcpu])
        {
            throw new ArgumentException($"{at} cannot follow what was logged up to {Position}", nameof(at));
        }
    }

    /// <summary>Goes to the next record while writing and writes what stands before its body.</summary>
    /// <exception cref="ArgumentException">The position is behind that of the vCPU's record before, or its vCPU does not exist.</exception>
    internal void WriteHead(RecordBuffer buffer, RecordKind kind, Position at)
    {
        CheckNotBehind(at);
        bool otherVcpu = at.Vcpu != Position.Vcpu;
        buffer.Varint(((ulong)kind << KindShift) | (at.RepCount is null ? 0UL : RepFlag) | (otherVcpu ? OtherVcpuFlag : 0UL));
        if (otherVcpu)
        {
            buffer.Varint((ulong)at.Vcpu);
        }

        buffer.Varint(at.Retired - _retired[at.Vcpu]);
        if (at.RepCount is { } count)
        {
            buffer.Varint(count);
        }

        MoveTo(at);
    }

    /// <summary>Goes to the next record while reading.</summary>
    /// <returns>Its kind, which may be a number that is not defined.</returns>
    /// <exception cref="RecordFormatException">The bytes are no head of a record.</exception>
    internal RecordKind ReadHead(ref RecordCursor cursor)
    {
        ulong tag = cursor.Varint();
        int vcpu = Position.Vcpu;
        if ((tag & OtherVcpuFlag) != 0)
        {
            vcpu = cursor.BoundedVarint(_retired.Length - 1, "the number of a vCPU");
        }

        ulong delta = cursor.Varint();
        ulong retired = unchecked(_retired[vcpu] + delta);
        if (retired < delta)
        {
            throw new RecordFormatException("a position has more than 64 bits");
        }

        MoveTo(new Position(vcpu, retired, (tag & RepFlag) == 0 ? null : cursor.Varint()));
        return (RecordKind)(int)Math.Min(tag >> KindShift, int.MaxValue);
    }

    /// <summary>Notes the anchor at this place; it becomes the previous one when the place moves on.</summary>
    internal void Note(TimeAnchor anchor) => _anchorHere = anchor;

    private void MoveTo(Position at)
    {
        if (_anchorHere is { } anchor)
        {
            _anchors[Position.Vcpu] = (Position.Retired, anchor);
            _anchorHere = null;
        }

        _retired[at.Vcpu] = at.Retired;
        Position = at;
    }
}
