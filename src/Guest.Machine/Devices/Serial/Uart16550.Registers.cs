namespace Guest.Machine.Devices.Serial;

/// <content>The registers.</content>
public sealed partial class Uart16550
{
    private const byte EnableReceived = 0x01;
    private const byte EnableTransmitterEmpty = 0x02;
    private const byte EnableLineStatus = 0x04;
    private const byte EnableModemStatus = 0x08;

    private const byte NoInterrupt = 0x01;
    private const byte SourceModemStatus = 0x00;
    private const byte SourceTransmitterEmpty = 0x02;
    private const byte SourceReceived = 0x04;
    private const byte SourceLineStatus = 0x06;
    private const byte SourceTimeout = 0x0C;

    private const byte FifoEnable = 0x01;
    private const byte FifoClearReceiver = 0x02;

    private const byte LineDivisorAccess = 0x80;

    private const byte ModemDataTerminalReady = 0x01;
    private const byte ModemRequestToSend = 0x02;
    private const byte ModemOut1 = 0x04;
    private const byte ModemOut2 = 0x08;
    private const byte ModemLoopback = 0x10;

    private const byte StatusDataReady = 0x01;
    private const byte StatusOverrun = 0x02;
    private const byte StatusTransmitterEmpty = 0x60;

    private const byte StatusClearToSend = 0x10;
    private const byte StatusDataSetReady = 0x20;
    private const byte StatusRing = 0x40;
    private const byte StatusCarrier = 0x80;

    private bool DivisorAccess => (_lineControl & LineDivisorAccess) != 0;

    // The source the identification register shows, by the data sheet's priorities (table V).
    private byte PendingSource
    {
        get
        {
            if ((_interruptEnable & EnableLineStatus) != 0 && _overrun)
            {
                return SourceLineStatus;
            }

            if ((_interruptEnable & EnableReceived) != 0 && (_timeoutPending || _fifo.Count >= TriggerLevel))
            {
                return _fifo.Count >= TriggerLevel ? SourceReceived : SourceTimeout;
            }

            if ((_interruptEnable & EnableTransmitterEmpty) != 0 && _transmitterEmptyPending)
            {
                return SourceTransmitterEmpty;
            }

            return (_interruptEnable & EnableModemStatus) != 0 && _modemStatusDelta != 0 ? SourceModemStatus : NoInterrupt;
        }
    }

    // The console is always there: carrier, data set ready and clear to send; in loopback the port's own outputs.
    private byte ModemLines => !Loopback
        ? (byte)(StatusCarrier | StatusDataSetReady | StatusClearToSend)
        : (byte)(((_modemControl & ModemRequestToSend) != 0 ? StatusClearToSend : 0)
            | ((_modemControl & ModemDataTerminalReady) != 0 ? StatusDataSetReady : 0)
            | ((_modemControl & ModemOut1) != 0 ? StatusRing : 0)
            | ((_modemControl & ModemOut2) != 0 ? StatusCarrier : 0));

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = (port & 7) switch
        {
            0 => DivisorAccess ? (byte)_divisor : ReadReceived(),
            1 => DivisorAccess ? (byte)(_divisor >> 8) : _interruptEnable,
            2 => ReadIdentification(),
            3 => _lineControl,
            4 => _modemControl,
            5 => ReadLineStatus(),
            6 => ReadModemStatus(),
            _ => _scratch,
        };
        UpdateInterrupt();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        byte written = (byte)value;
        switch (port & 7)
        {
            case 0 when DivisorAccess:
                _divisor = (ushort)((_divisor & 0xFF00) | written);
                break;
            case 0:
                Transmit(written);
                break;
            case 1 when DivisorAccess:
                _divisor = (ushort)((_divisor & 0xFF) | (written << 8));
                break;
            case 1:
                WriteInterruptEnable(written);
                break;
            case 2:
                WriteFifoControl(written);
                break;
            case 3:
                _lineControl = written;
                break;
            case 4:
                WriteModemControl(written);
                break;
            case 7:
                _scratch = written;
                break;
            default:
                // The status registers are read-only.
                break;
        }

        UpdateInterrupt();
    }

    private byte ReadReceived()
    {
        _fifo.TryTake(out byte value);
        RestartTimeout();
        ScheduleArrival();
        return value;
    }

    private byte ReadIdentification()
    {
        byte source = PendingSource;
        if (source == SourceTransmitterEmpty)
        {
            _transmitterEmptyPending = false;
        }

        return (byte)(source | (FifoEnabled ? 0xC0 : 0));
    }

    private byte ReadLineStatus()
    {
        byte status = (byte)(StatusTransmitterEmpty | (_fifo.Count > 0 ? StatusDataReady : 0) | (_overrun ? StatusOverrun : 0));
        _overrun = false;
        return status;
    }

    private byte ReadModemStatus()
    {
        byte status = (byte)(ModemLines | _modemStatusDelta);
        _modemStatusDelta = 0;
        return status;
    }

    private void Transmit(byte value)
    {
        if (!Loopback)
        {
            _output.Write(value);
        }
        else if (_fifo.Count < FifoLimit)
        {
            _fifo.TryAdd(value);
            RestartTimeout();
        }
        else
        {
            _overrun = true;
        }

        _transmitterEmptyPending = true;
    }

    private void WriteInterruptEnable(byte value)
    {
        byte next = (byte)(value & 0x0F);
        if ((next & ~_interruptEnable & EnableTransmitterEmpty) != 0)
        {
            // Enabling it while the transmitter is empty raises it: Linux tests for ports that do not.
            _transmitterEmptyPending = true;
        }

        _interruptEnable = next;
    }

    private void WriteFifoControl(byte value)
    {
        bool toggles = ((value ^ _fifoControl) & FifoEnable) != 0;
        if (toggles || (value & (FifoEnable | FifoClearReceiver)) == (FifoEnable | FifoClearReceiver))
        {
            _fifo.Clear();
        }

        _fifoControl = (value & FifoEnable) != 0 ? (byte)(value & 0xC9) : (byte)0;
        RestartTimeout();
        ScheduleArrival();
    }

    private void WriteModemControl(byte value)
    {
        byte before = ModemLines;
        _modemControl = (byte)(value & 0x1F);
        int changed = before ^ ModemLines;

        // Ring reports only its trailing edge.
        int ringEnded = changed & before & StatusRing;
        _modemStatusDelta |= (byte)(((changed & ~StatusRing) | ringEnded) >> 4);
        ScheduleArrival();
    }
}
