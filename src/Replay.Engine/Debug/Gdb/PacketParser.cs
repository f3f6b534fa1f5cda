namespace Replay.Engine.Debug.Gdb;

/// <summary>Takes the remote protocol's packets out of bytes as they come (GDB manual, appendix E.1): <c>$data#checksum</c>.</summary>
/// <remarks>Never throws for any bytes, and keeps at most <see cref="MaxBytes"/> of them. Acknowledgements and bytes between packets are skipped.</remarks>
public sealed class PacketParser
{
    /// <summary>The most bytes that a packet may have; it is announced to gdb as PacketSize.</summary>
    public const int MaxBytes = 0x10000;

    private const byte Start = (byte)'$';
    private const byte End = (byte)'#';
    private const byte Escape = (byte)'}';
    private const byte EscapeBit = 0x20;
    private const byte Control = 3;

    private readonly byte[] _data = new byte[MaxBytes];
    private int _count;
    private int _sum;
    private int _digits;
    private int _checksum;
    private State _state;
    private bool _isDamaged;

    private enum State
    {
        Outside,
        Inside,
        Escaped,
        Checksum,
    }

    /// <summary>The data of the packet that was found last, escapes undone.</summary>
    public ReadOnlySpan<byte> Data => _data.AsSpan(0, _count);

    /// <summary>Takes one byte.</summary>
    public PacketKind Take(byte value)
    {
        switch (_state)
        {
            case State.Inside when value == Start:
            case State.Outside when value == Start:
                Begin();
                return PacketKind.None;
            case State.Outside:
                return value == Control ? PacketKind.Interrupt : PacketKind.None;
            case State.Checksum:
                return TakeChecksum(value);
            default:
                TakeData(value);
                return PacketKind.None;
        }
    }

    private void Begin()
    {
        _state = State.Inside;
        _count = 0;
        _sum = 0;
        _digits = 0;
        _checksum = 0;
        _isDamaged = false;
    }

    private void TakeData(byte value)
    {
        if (_state == State.Inside && value == End)
        {
            _state = State.Checksum;
            return;
        }

        _sum += value;
        if (_state == State.Inside && value == Escape)
        {
            _state = State.Escaped;
            return;
        }

        _isDamaged |= _count == MaxBytes;
        if (!_isDamaged)
        {
            _data[_count++] = _state == State.Escaped ? (byte)(value ^ EscapeBit) : value;
        }

        _state = State.Inside;
    }

    private PacketKind TakeChecksum(byte value)
    {
        int digit = Hex.DigitOf(value);
        _isDamaged |= digit < 0;
        _checksum = (_checksum << 4) | (digit & 15);
        if (++_digits < 2)
        {
            return PacketKind.None;
        }

        _state = State.Outside;
        return _isDamaged || _checksum != (_sum & 0xFF) ? PacketKind.Damaged : PacketKind.Packet;
    }
}
