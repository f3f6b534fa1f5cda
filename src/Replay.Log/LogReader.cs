using System.Text.Json;
using Guest.Machine;
using Replay.Log.Frames;
using Replay.Log.Records;
using Replay.Log.Segments;

namespace Replay.Log;

/// <summary>The replaying side of a log: goes forward over its records, one at a time, and refuses what is damaged or not known.</summary>
/// <remarks>For one thread. Moving on allocates nothing, except where a frame is larger than any before.</remarks>
public sealed class LogReader : IDisposable
{
    private readonly FrameReader _frames;
    private readonly RecordPlace _place;
    private readonly FrameIndex _index;
    private readonly bool _upToDamage;
    private readonly bool _isRolling;
    private bool _again;
    private int _start;
    private int _body;
    private int _next;
    private Position _endedAt;
    private ReplayKitException? _failure;

    /// <summary>Stands before the first record; no file is opened yet.</summary>
    /// <param name="store">Where the segments are.</param>
    /// <param name="vcpus">vCPUs of the machine, from 1; a record for another one is damage.</param>
    /// <param name="upToDamage">Whether damage ends the log (<see cref="LogEnding.Damaged"/>) instead of being thrown.</param>
    /// <param name="isRolling">Whether every segment begins with a copy of the manifest, and the first ones may be gone.</param>
    public LogReader(ISegmentStore store, int vcpus, bool upToDamage = false, bool isRolling = false)
    {
        _isRolling = isRolling;
        _frames = new FrameReader(store, vcpus);
        _index = new FrameIndex(store);
        _place = new RecordPlace(vcpus);
        _upToDamage = upToDamage;
    }

    /// <summary>The kind of the current record; <see cref="RecordKind.None"/> before the first and behind the last.</summary>
    public RecordKind Kind { get; private set; }

    /// <summary>Where the current record is injected.</summary>
    public Position Position => _place.Position;

    /// <summary>Every input up to this position has been read when the frame's records have: where a replay of a log without end stops.</summary>
    public Position CompleteTo => _frames.Header.To;

    /// <summary>How the log ends; known when <see cref="Next"/> has returned false, or <see cref="LogEnding.Ended"/> at the end record.</summary>
    public LogEnding Ending { get; private set; }

    /// <summary>The end record, once it was read.</summary>
    public End? End { get; private set; }

    /// <summary>What was damaged and where, where <see cref="Ending"/> is <see cref="LogEnding.Damaged"/>.</summary>
    public string? Damage { get; private set; }

    /// <summary>Bytes of the frames read so far, on disk.</summary>
    public long Bytes => _frames.Bytes;

    /// <summary>The file of the frame that holds the current record.</summary>
    public string Segment => _frames.SegmentName;

    /// <summary>Where that frame begins in its file.</summary>
    public long FrameOffset => _frames.Offset;

    /// <summary>Where the current record begins in the unpacked payload of its frame.</summary>
    public int RecordOffset => _start;

    /// <summary>Bytes of the current record in the unpacked payload, its kind and position included.</summary>
    public int RecordBytes => _next - _start;

    /// <summary>Goes to the next record.</summary>
    /// <returns>False where the log ends; <see cref="Ending"/> says how.</returns>
    /// <exception cref="ReplayKitException">From then on at each call: damage (RK0101), a newer format (RK0103), content that is not known (RK0104), or a file that cannot be read (RK0105).</exception>
    public bool Next()
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        if (Ending is LogEnding.Cut or LogEnding.Damaged)
        {
            return false;
        }

        if (_again)
        {
            _again = false;
            return true;
        }

        try
        {
            return MoveOn();
        }
        catch (RecordFormatException error) when (error.IsUnknown)
        {
            return Fail(LogErrors.UnknownContent(Segment, FrameOffset, $"{error.Message}, at byte {_start} of its payload"));
        }
        catch (RecordFormatException error)
        {
            return Fail(_frames.Damage($"{error.Message}, in the record at byte {_start} of the frame's payload"));
        }
        catch (ReplayKitException error)
        {
            return Fail(error);
        }
    }

    /// <summary>Goes before the first record at or behind a position. Reads the frame that reaches it, and nothing before.</summary>
    /// <param name="at">The position; not inside a REP instruction.</param>
    /// <exception cref="ReplayKitException">As <see cref="Next"/>.</exception>
    public void GoTo(Position at)
    {
        StartOver(() => _index.Find(at) ?? _index.Last());
        bool isThere = Next();
        while (isThere && Position.Retired < at.Retired)
        {
            isThere = Next();
        }

        _again = isThere;
    }

    /// <summary>Goes to the last whole frame and reads it to its end: afterwards <see cref="Ending"/> says how the log ends, and <see cref="Last"/> where.</summary>
    /// <exception cref="ReplayKitException">As <see cref="Next"/>.</exception>
    public void GoToEnd()
    {
        StartOver(_index.Last);
        while (Next())
        {
            // Only the end is of interest.
        }
    }

    /// <summary>Where the recording ends, once that was reached: the end record's position, or the one its last whole frame is complete to.</summary>
    public Position Last => Ending == LogEnding.Ended ? _endedAt : CompleteTo;

    /// <summary>The current record; a <c>ref struct</c> borrows the reader's buffer until <see cref="Next"/>.</summary>
    /// <exception cref="InvalidOperationException">The current record is of another kind.</exception>
    public T Read<T>()
        where T : IRecord<T>, allows ref struct
    {
        if (T.Kind != Kind)
        {
            throw new InvalidOperationException($"the record at {Position} is a {Kind} and no {T.Kind}");
        }

        RecordCursor cursor = new(_frames.Payload, _body);
        return T.Read(ref cursor, _place);
    }

    /// <summary>Writes the current record as one JSON object: position, kind, and what the record says.</summary>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("position", Position.ToString());
        json.WriteString("kind", Kind.ToString());
        RecordCursor cursor = new(_frames.Payload, _body);
        RecordTable.Read(Kind, ref cursor, _place, json);
        json.WriteEndObject();
    }

    /// <summary>Closes the segment.</summary>
    public void Dispose() => _frames.Dispose();

    private void StartOver(Func<FramePlace?> find)
    {
        Kind = RecordKind.None;
        Ending = LogEnding.NotReached;
        End = null;
        Damage = null;
        _failure = null;
        _again = false;
        _start = _next = 0;
        try
        {
            if (find() is { } frame)
            {
                _frames.GoTo(frame);
            }

            _place.StartFrame(CompleteTo);
        }
        catch (ReplayKitException error)
        {
            Fail(error);
        }
    }

    private bool MoveOn()
    {
        Kind = RecordKind.None;
        while (_next == _frames.Payload.Length)
        {
            if (!NextFrame())
            {
                return false;
            }
        }

        if (Ending == LogEnding.Ended)
        {
            throw _frames.Damage("more follows the record that ends the log");
        }

        ReadRecord();
        return true;
    }

    private bool NextFrame()
    {
        if (!_frames.Next())
        {
            EndWhereFramesEnd();
            return false;
        }

        _start = _next = 0;
        _place.StartFrame(_frames.Header.From);
        if (_frames.Header.Sequence == 0 || (_isRolling && _frames.Offset == 0))
        {
            SkipSeal();
        }

        return true;
    }

    private void SkipSeal()
    {
        if (!ManifestSeal.TryOpen(_frames.Payload, out _))
        {
            throw _frames.Damage("the first frame does not hold a manifest and its hash");
        }

        _next = _frames.Payload.Length;
    }

    private void EndWhereFramesEnd()
    {
        if (Ending == LogEnding.Ended && _frames.IsCutInside)
        {
            throw _frames.Damage("more follows the record that ends the log");
        }

        if (Ending == LogEnding.NotReached)
        {
            Ending = LogEnding.Cut;
        }
    }

    private void ReadRecord()
    {
        _start = _next;
        RecordCursor cursor = new(_frames.Payload, _start);
        RecordKind kind = _place.ReadHead(ref cursor);
        _body = cursor.Offset;
        RecordTable.Read(kind, ref cursor, _place, json: null);
        if (Position.Vcpu == CompleteTo.Vcpu && Position.Retired > CompleteTo.Retired)
        {
            throw new RecordFormatException($"position {Position} is behind the frame's end at {CompleteTo}");
        }

        _next = cursor.Offset;
        Kind = kind;
        if (kind == RecordKind.End)
        {
            End = Read<End>();
            Ending = LogEnding.Ended;
            _endedAt = Position;
        }
    }

    private bool Fail(ReplayKitException error)
    {
        Kind = RecordKind.None;
        if (!_upToDamage || error.Code != LogErrors.Damaged)
        {
            _failure = error;
            throw error;
        }

        Ending = LogEnding.Damaged;
        Damage = error.Message;
        return false;
    }
}
