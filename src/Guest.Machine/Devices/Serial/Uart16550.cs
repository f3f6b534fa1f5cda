using Guest.Machine.State;

namespace Guest.Machine.Devices.Serial;

/// <summary>A 16550A serial port (PC16550D data sheet) whose other end is the user's console.</summary>
/// <remarks>
/// Transmission is immediate: a byte written leaves the machine at that position and the transmitter is empty again. Reception keeps the
/// line's speed: bytes wait in a queue and enter the FIFO one character time apart, only while it has room and the guest asserts RTS, so
/// that nothing typed is lost before the guest listens (docs/limits.md).
/// </remarks>
public sealed partial class Uart16550 : IDevice, IPortDevice, ITimedDevice
{
    /// <summary>Bytes of received input that wait outside the FIFO at most.</summary>
    public const int QueueCapacity = 65536;

    private const int FifoCapacity = 16;
    private const int TimeoutCharacters = 4;

    // A character time is bits * 16 * divisor cycles of the 1.8432 MHz clock.
    private const ulong TicksPerSecond = 1_000_000_000;
    private const ulong BaudClock = 1_843_200 / 16;

    private readonly ByteQueue _queue = new(QueueCapacity);
    private readonly ByteQueue _fifo = new(FifoCapacity);
    private readonly IClock _clock;
    private readonly IInterruptLines _interrupts;
    private readonly IConsoleOutput _output;
    private readonly int _irq;
    private byte _interruptEnable;
    private byte _fifoControl;
    private byte _lineControl;
    private byte _modemControl;
    private byte _modemStatusDelta;
    private byte _scratch;
    private ushort _divisor = 12;
    private bool _overrun;
    private bool _transmitterEmptyPending;
    private bool _timeoutPending;
    private ulong _nextArrival = ulong.MaxValue;
    private ulong _timeoutAt = ulong.MaxValue;

    /// <summary>Creates a port as after reset.</summary>
    /// <param name="name">The device's name in the state hash.</param>
    /// <param name="irq">The ISA interrupt it drives.</param>
    /// <param name="timerNumber">The place of its receiver's timer.</param>
    /// <param name="clock">The machine's clock.</param>
    /// <param name="interrupts">The interrupt wires.</param>
    /// <param name="output">Where transmitted bytes go.</param>
    public Uart16550(string name, int irq, int timerNumber, IClock clock, IInterruptLines interrupts, IConsoleOutput output)
    {
        Name = name;
        _irq = irq;
        TimerNumber = timerNumber;
        _clock = clock;
        _interrupts = interrupts;
        _output = output;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int TimerNumber { get; }

    /// <inheritdoc/>
    public ulong Deadline => Math.Min(_nextArrival, _timeoutAt);

    /// <summary>How many bytes <see cref="Receive"/> would take now.</summary>
    public int ReceiveRoom => _queue.Room;

    private bool FifoEnabled => (_fifoControl & FifoEnable) != 0;

    private int FifoLimit => FifoEnabled ? FifoCapacity : 1;

    private int TriggerLevel => !FifoEnabled ? 1 : (_fifoControl >> 6) switch
    {
        0 => 1,
        1 => 4,
        2 => 8,
        _ => 14,
    };

    private bool Loopback => (_modemControl & ModemLoopback) != 0;

    private bool Listening => (_modemControl & (ModemRequestToSend | ModemLoopback)) == ModemRequestToSend;

    private ulong CharacterTicks
    {
        get
        {
            // Start bit, 5 to 8 data bits, parity, one stop bit (a second one is not waited for).
            ulong bits = 1 + 5 + (ulong)(_lineControl & 3) + ((_lineControl & 8) != 0 ? 1ul : 0) + 1;
            return Math.Max(1, bits * Math.Max((ushort)1, _divisor) * TicksPerSecond / BaudClock);
        }
    }

    /// <summary>Takes bytes that the user typed: an input of the machine.</summary>
    /// <returns>How many were taken, from the start of the span; the rest has no room now (<see cref="ReceiveRoom"/>).</returns>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        int taken = _queue.Add(bytes);
        ScheduleArrival();
        return taken;
    }

    /// <inheritdoc/>
    public void Expire()
    {
        ulong now = _clock.Now;
        if (now >= _nextArrival)
        {
            _nextArrival = ulong.MaxValue;
            if (_fifo.Count < FifoLimit && _queue.TryTake(out byte value))
            {
                _fifo.TryAdd(value);
                RestartTimeout();
            }

            ScheduleArrival();
        }

        if (now >= _timeoutAt)
        {
            _timeoutAt = ulong.MaxValue;
            _timeoutPending = _fifo.Count > 0;
        }

        UpdateInterrupt();
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteBytes([_interruptEnable, _fifoControl, _lineControl, _modemControl, _modemStatusDelta, _scratch]);
        writer.WriteUInt16(_divisor);
        writer.WriteBool(_overrun);
        writer.WriteBool(_transmitterEmptyPending);
        writer.WriteBool(_timeoutPending);
        writer.WriteUInt64(_nextArrival);
        writer.WriteUInt64(_timeoutAt);
        _fifo.Save(writer);
        _queue.Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        _interruptEnable = reader.ReadByte();
        _fifoControl = reader.ReadByte();
        _lineControl = reader.ReadByte();
        _modemControl = reader.ReadByte();
        _modemStatusDelta = reader.ReadByte();
        _scratch = reader.ReadByte();
        _divisor = reader.ReadUInt16();
        _overrun = reader.ReadBool();
        _transmitterEmptyPending = reader.ReadBool();
        _timeoutPending = reader.ReadBool();
        _nextArrival = reader.ReadUInt64();
        _timeoutAt = reader.ReadUInt64();
        _fifo.Restore(reader);
        _queue.Restore(reader);
    }

    private void ScheduleArrival()
    {
        if (_queue.Count == 0 || _fifo.Count >= FifoLimit || !Listening)
        {
            _nextArrival = ulong.MaxValue;
        }
        else if (_nextArrival == ulong.MaxValue)
        {
            _nextArrival = _clock.Now + CharacterTicks;
        }
    }

    private void RestartTimeout()
    {
        _timeoutPending = false;
        _timeoutAt = FifoEnabled && _fifo.Count > 0 ? _clock.Now + (TimeoutCharacters * CharacterTicks) : ulong.MaxValue;
    }

    private void UpdateInterrupt() =>
        _interrupts.Set(_irq, PendingSource != NoInterrupt && (_modemControl & (ModemOut2 | ModemLoopback)) == ModemOut2);
}
