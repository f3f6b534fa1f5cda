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

    private readonly ByteQueue queue = new(QueueCapacity);
    private readonly ByteQueue fifo = new(FifoCapacity);
    private readonly IClock clock;
    private readonly IInterruptLines interrupts;
    private readonly IConsoleOutput output;
    private readonly int irq;
    private byte interruptEnable;
    private byte fifoControl;
    private byte lineControl;
    private byte modemControl;
    private byte modemStatusDelta;
    private byte scratch;
    private ushort divisor = 12;
    private bool overrun;
    private bool transmitterEmptyPending;
    private bool timeoutPending;
    private ulong nextArrival = ulong.MaxValue;
    private ulong timeoutAt = ulong.MaxValue;

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
        this.irq = irq;
        TimerNumber = timerNumber;
        this.clock = clock;
        this.interrupts = interrupts;
        this.output = output;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int TimerNumber { get; }

    /// <inheritdoc/>
    public ulong Deadline => Math.Min(nextArrival, timeoutAt);

    /// <summary>How many bytes <see cref="Receive"/> would take now.</summary>
    public int ReceiveRoom => queue.Room;

    private bool FifoEnabled => (fifoControl & FifoEnable) != 0;

    private int FifoLimit => FifoEnabled ? FifoCapacity : 1;

    private int TriggerLevel => !FifoEnabled ? 1 : (fifoControl >> 6) switch
    {
        0 => 1,
        1 => 4,
        2 => 8,
        _ => 14,
    };

    private bool Loopback => (modemControl & ModemLoopback) != 0;

    private bool Listening => (modemControl & (ModemRequestToSend | ModemLoopback)) == ModemRequestToSend;

    private ulong CharacterTicks
    {
        get
        {
            // Start bit, 5 to 8 data bits, parity, one stop bit (a second one is not waited for).
            ulong bits = 1 + 5 + (ulong)(lineControl & 3) + ((lineControl & 8) != 0 ? 1ul : 0) + 1;
            return Math.Max(1, bits * Math.Max((ushort)1, divisor) * TicksPerSecond / BaudClock);
        }
    }

    /// <summary>Takes bytes that the user typed: an input of the machine.</summary>
    /// <returns>How many were taken, from the start of the span; the rest has no room now (<see cref="ReceiveRoom"/>).</returns>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(bytes.Length, queue.Room);
        foreach (byte value in bytes[..taken])
        {
            queue.TryAdd(value);
        }

        ScheduleArrival();
        return taken;
    }

    /// <inheritdoc/>
    public void Expire()
    {
        ulong now = clock.Now;
        if (now >= nextArrival)
        {
            nextArrival = ulong.MaxValue;
            if (fifo.Count < FifoLimit && queue.TryTake(out byte value))
            {
                fifo.TryAdd(value);
                RestartTimeout();
            }

            ScheduleArrival();
        }

        if (now >= timeoutAt)
        {
            timeoutAt = ulong.MaxValue;
            timeoutPending = fifo.Count > 0;
        }

        UpdateInterrupt();
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteBytes([interruptEnable, fifoControl, lineControl, modemControl, modemStatusDelta, scratch]);
        writer.WriteUInt16(divisor);
        writer.WriteBool(overrun);
        writer.WriteBool(transmitterEmptyPending);
        writer.WriteBool(timeoutPending);
        writer.WriteUInt64(nextArrival);
        writer.WriteUInt64(timeoutAt);
        fifo.Save(writer);
        queue.Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        interruptEnable = reader.ReadByte();
        fifoControl = reader.ReadByte();
        lineControl = reader.ReadByte();
        modemControl = reader.ReadByte();
        modemStatusDelta = reader.ReadByte();
        scratch = reader.ReadByte();
        divisor = reader.ReadUInt16();
        overrun = reader.ReadBool();
        transmitterEmptyPending = reader.ReadBool();
        timeoutPending = reader.ReadBool();
        nextArrival = reader.ReadUInt64();
        timeoutAt = reader.ReadUInt64();
        fifo.Restore(reader);
        queue.Restore(reader);
    }

    private void ScheduleArrival()
    {
        if (queue.Count == 0 || fifo.Count >= FifoLimit || !Listening)
        {
            nextArrival = ulong.MaxValue;
        }
        else if (nextArrival == ulong.MaxValue)
        {
            nextArrival = clock.Now + CharacterTicks;
        }
    }

    private void RestartTimeout()
    {
        timeoutPending = false;
        timeoutAt = FifoEnabled && fifo.Count > 0 ? clock.Now + (TimeoutCharacters * CharacterTicks) : ulong.MaxValue;
    }

    private void UpdateInterrupt() =>
        interrupts.Set(irq, PendingSource != NoInterrupt && (modemControl & (ModemOut2 | ModemLoopback)) == ModemOut2);
}
