namespace Guest.Machine.Devices.Pic;

/// <summary>One 8259A interrupt controller (Intel 8259A data sheet) with the edge/level register of its chipset.</summary>
/// <remarks>A request that an edge has latched stays latched when its line falls, as in KVM (docs/limits.md).</remarks>
internal sealed partial class Pic8259
{
    private readonly byte _levelWritable;
    private readonly byte _cascadeBit;
    private byte _latched;
    private byte _masked = 0xFF;
    private byte _inService;
    private byte _lines;
    private byte _levelTriggered;
    private byte _vectorBase;
    private byte _highestLine;
    private InitStep _step;
    private bool _needsIcw4;
    private bool _single;
    private bool _autoEoi;
    private bool _rotateOnAutoEoi;
    private bool _specialFullyNested;
    private bool _specialMask;
    private bool _readInService;
    private bool _poll;

    /// <summary>Creates a controller as firmware leaves it: every line masked.</summary>
    /// <param name="levelWritable">The lines that may be level-triggered.</param>
    /// <param name="cascadeBit">The line another controller is connected to, as a bit.</param>
    /// <param name="vectorBase">The vector of its line 0.</param>
    internal Pic8259(byte levelWritable, byte cascadeBit, byte vectorBase)
    {
        _vectorBase = vectorBase;
        _levelWritable = levelWritable;
        _cascadeBit = cascadeBit;
    }

    private enum InitStep
    {
        Ready,
        Icw2,
        Icw3,
        Icw4,
    }

    /// <summary>The line that would be acknowledged now; -1 where none is: the INT output is low.</summary>
    internal int HighestRequest
    {
        get
        {
            int request = PriorityOf((byte)(Requested & ~_masked));
            int blocking = _specialMask ? _inService & ~_masked : _inService;
            if (_specialFullyNested)
            {
                blocking &= ~_cascadeBit;
            }

            return request < PriorityOf((byte)blocking) ? LineAt(request) : -1;
        }
    }

    internal byte EdgeLevel
    {
        get => _levelTriggered;
        set => _levelTriggered = (byte)(value & _levelWritable);
    }

    private byte Requested => (byte)(_latched | (_lines & _levelTriggered));

    internal void SetLine(int line, bool high)
    {
        byte bit = (byte)(1 << line);
        if (high && (_lines & bit) == 0)
        {
            _latched |= (byte)(bit & ~_levelTriggered);
        }

        _lines = (byte)(high ? _lines | bit : _lines & ~bit);
    }

    /// <summary>The acknowledge cycle for one line.</summary>
    /// <returns>The line's vector.</returns>
    internal byte Acknowledge(int line)
    {
        byte bit = (byte)(1 << line);
        _latched &= (byte)~bit;
        if (!_autoEoi)
        {
            _inService |= bit;
        }
        else if (_rotateOnAutoEoi)
        {
            _highestLine = (byte)((line + 1) & 7);
        }

        return VectorOf(line);
    }

    internal byte VectorOf(int line) => (byte)(_vectorBase + line);

    internal byte Read(bool data)
    {
        if (_poll)
        {
            _poll = false;
            int line = HighestRequest;
            if (line < 0)
            {
                return 0;
            }

            Acknowledge(line);
            return (byte)(0x80 | line);
        }

        return data ? _masked : _readInService ? _inService : Requested;
    }

    internal void WriteCommand(byte value)
    {
        if ((value & 0x10) != 0)
        {
            StartInitialisation(value);
        }
        else if ((value & 0x08) != 0)
        {
            WriteOcw3(value);
        }
        else
        {
            WriteOcw2(value >> 5, value & 7);
        }
    }

    internal void WriteData(byte value)
    {
        switch (_step)
        {
            case InitStep.Ready:
                _masked = value;
                break;
            case InitStep.Icw2:
                _vectorBase = (byte)(value & 0xF8);
                _step = _single ? AfterIcw3 : InitStep.Icw3;
                break;
            case InitStep.Icw3:
                _step = AfterIcw3;
                break;
            default:
                _specialFullyNested = (value & 0x10) != 0;
                _autoEoi = (value & 0x02) != 0;
                _step = InitStep.Ready;
                break;
        }
    }

    private InitStep AfterIcw3 => _needsIcw4 ? InitStep.Icw4 : InitStep.Ready;

    private void StartInitialisation(byte icw1)
    {
        _latched = 0;
        _masked = 0;
        _inService = 0;
        _highestLine = 0;
        _specialMask = false;
        _readInService = false;
        _poll = false;
        _autoEoi = false;
        _rotateOnAutoEoi = false;
        _specialFullyNested = false;
        _needsIcw4 = (icw1 & 0x01) != 0;
        _single = (icw1 & 0x02) != 0;
        _step = InitStep.Icw2;
    }

    private void WriteOcw3(byte value)
    {
        _poll = (value & 0x04) != 0;
        if ((value & 0x02) != 0)
        {
            _readInService = (value & 0x01) != 0;
        }

        if ((value & 0x40) != 0)
        {
            _specialMask = (value & 0x20) != 0;
        }
    }

    // Commands in the order of the data sheet's figure 8: rotate, specific, end of interrupt as bits 2, 1, 0.
    private void WriteOcw2(int command, int line)
    {
        switch (command)
        {
            case 0 or 4:
                _rotateOnAutoEoi = command == 4;
                break;
            case 1 or 5:
                int priority = PriorityOf(_inService);
                if (priority < 8)
                {
                    End(LineAt(priority), rotate: command == 5);
                }

                break;
            case 3 or 7:
                End(line, rotate: command == 7);
                break;
            case 6:
                _highestLine = (byte)((line + 1) & 7);
                break;
            default:
                break;
        }
    }

    private void End(int line, bool rotate)
    {
        _inService &= (byte)~(1 << line);
        if (rotate)
        {
            _highestLine = (byte)((line + 1) & 7);
        }
    }

    // 0 is the highest priority; 8 means that no bit is set.
    private int PriorityOf(byte bits)
    {
        for (int priority = 0; priority < 8; priority++)
        {
            if ((bits & (1 << LineAt(priority))) != 0)
            {
                return priority;
            }
        }

        return 8;
    }

    private int LineAt(int priority) => (priority + _highestLine) & 7;
}
