using System.Buffers.Binary;

namespace ReplayKit.Tests.Observe;

/// <summary>The rules that DynamoRIO's documentation sets for a trace of one thread, written from that documentation.</summary>
/// <param name="trace">The entries: type, size or kind of marker, value; 2, 2 and 8 bytes.</param>
internal sealed class DrmemtraceRules(byte[] trace)
{
    private const int EntryBytes = 12;
    private readonly Stack<ulong> _interrupted = new();
    private readonly List<byte> _encoding = [];
    private ulong? _expected;
    private ulong? _returnTo;
    private ulong? _target;
    private ulong _time;
    private bool _inInstruction;
    private bool _hasTime;

    public long Instructions { get; private set; }

    public long DataReferences { get; private set; }

    public long Events { get; private set; }

    public long Returns { get; private set; }

    public long ReturnsElsewhere { get; private set; }

    private int Count => trace.Length / EntryBytes;

    public void Check()
    {
        Assert.Equal(0, trace.Length % EntryBytes);

        // Header, then what the trace is, whose it is, and the sizes that a simulator needs.
        AssertEntry(0, 25, 0, 5);
        AssertEntry(1, 28, 12, 5);
        AssertEntry(2, 28, 9, 0x40240);
        Assert.Equal(22, Entry(3).Type);
        Assert.Equal(24, Entry(4).Type);
        AssertEntry(5, 28, 10, 64);
        AssertEntry(6, 28, 18, 4096);

        // The thread's end, and the footer as the last entry.
        Assert.Equal((23, Entry(3).Value), (Entry(Count - 2).Type, Entry(Count - 2).Value));
        Assert.Equal(26, Entry(Count - 1).Type);
        for (int at = 7; at < Count - 2; at++)
        {
            Check(Entry(at));
        }

        Assert.Empty(_encoding);
        Assert.Null(_target);
    }

    private void Check((int Type, int Size, ulong Value) entry)
    {
        switch (entry.Type)
        {
            case 28:
                CheckMarker(entry.Size, entry.Value);
                break;
            case 47:
                // Bytes of the next instruction.
                Assert.InRange(entry.Size, 1, 8);
                _encoding.AddRange(BitConverter.GetBytes(entry.Value).Take(entry.Size));
                _inInstruction = false;
                break;
            case 0 or 1:
                Assert.True(_inInstruction, "a data reference follows its instruction");
                Assert.InRange(entry.Size, 1, 8);
                DataReferences++;
                break;
            default:
                CheckInstruction(entry);
                break;
        }
    }

    private void CheckMarker(int kind, ulong value)
    {
        switch (kind)
        {
            case 2:
                Assert.True(value >= _time && value > 0, "time goes back");
                (_time, _hasTime) = (value, true);
                break;
            case 3:
                Assert.True(_hasTime, "a vCPU's number follows a timestamp");
                break;
            case 29:
                Assert.Null(_target);
                _target = value;
                break;
            case 43:
                // Where the thread was interrupted is where it would have gone on.
                Assert.True(_expected is null || _expected == value, $"interrupted at {value:x}, expected {_expected:x}");
                _interrupted.Push(value);
                (_expected, _returnTo) = (null, null);
                Events++;
                break;
            default:
                Assert.Equal(44, kind);
                Assert.NotEqual(0ul, value);
                _returnTo = _interrupted.TryPop(out ulong back) ? back : null;
                _expected = null;
                Returns++;
                break;
        }

        _inInstruction = false;
    }

    private void CheckInstruction((int Type, int Size, ulong Value) entry)
    {
        bool isIndirect = entry.Type is 12 or 15 or 16;
        Assert.True(entry.Type is 10 or 11 or 12 or 14 or 15 or 16 or 31 or 48 or 49, $"entry of type {entry.Type}");
        Assert.InRange(entry.Size, 1, 15);
        Assert.Equal(isIndirect, _target is not null);
        Assert.True(_encoding.Count == entry.Size, "an instruction has its bytes");
        if (_expected is { } expected)
        {
            Assert.True(expected == entry.Value, $"instruction at {entry.Value:x}, expected {expected:x}");
        }

        ReturnsElsewhere += _returnTo is { } back && back != entry.Value ? 1 : 0;
        ulong behind = entry.Value + (ulong)entry.Size;
        _expected = entry.Type switch
        {
            10 or 31 or 49 => behind,
            12 or 15 or 16 => _target,
            _ => behind + DisplacementOf(entry.Type),
        };
        Instructions++;
        (_target, _returnTo, _inInstruction) = (null, null, true);
        _encoding.Clear();
    }

    // Direct branches: the displacement is the last 1 or 4 bytes (Intel SDM 2, JMP, Jcc, CALL, LOOP).
    private ulong DisplacementOf(int type)
    {
        byte[] bytes = [.. _encoding];
        byte opcode = bytes.First(each => each is not (0x2E or 0x3E or 0xF2 or 0xF3 or 0x66 or 0x67) and not (>= 0x40 and <= 0x4F));
        bool isShort = opcode is 0xEB or (>= 0x70 and <= 0x7F) or (>= 0xE0 and <= 0xE3);
        Assert.True(isShort || opcode is 0xE8 or 0xE9 or 0x0F, $"a direct branch of type {type} with opcode {opcode:x}");
        return unchecked((ulong)(isShort ? (sbyte)bytes[^1] : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(bytes.Length - 4))));
    }

    private (int Type, int Size, ulong Value) Entry(int at)
    {
        ReadOnlySpan<byte> entry = trace.AsSpan(at * EntryBytes, EntryBytes);
        return (BinaryPrimitives.ReadUInt16LittleEndian(entry), BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[4..]));
    }

    private void AssertEntry(int at, int type, int size, ulong value) => Assert.Equal((type, size, value), Entry(at));
}
