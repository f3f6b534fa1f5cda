using Guest.Machine.State;

namespace Guest.Machine.Devices.Pic;

/// <summary>One 8259A interrupt controller (Intel 8259A data sheet) with the edge/level register of its chipset.</summary>
/// <remarks>A request that an edge has latched stays latched when its line falls, as in KVM (docs/limits.md).</remarks>
internal sealed class Pic8259
{
    private readonly byte levelWritable;
    private readonly byte cascadeBit;
    private byte latched;
    private byte masked = 0xFF;
    private byte inService;
    private byte lines;
    private byte levelTriggered;
    private byte vectorBase;
    private byte highestLine;
    private InitStep step;
    private bool needsIcw4;
    private bool single;
    private bool autoEoi;
    private bool rotateOnAutoEoi;
    private bool specialFullyNested;
    private bool specialMask;
    private bool readInService;
    private bool poll;

    /// <summary>Creates a controller as firmware leaves it: every line masked.</summary>
    /// <param name="levelWritable">The lines that may be level-triggered.</param>
    /// <param name="cascadeBit">The line another controller is connected to, as a bit.</param>
    /// <param name="vectorBase">The vector of its line 0.</param>
    internal Pic8259(byte levelWritable, byte cascadeBit, byte vectorBase)
    {
        this.vectorBase = vectorBase;
        this.levelWritable = levelWritable;
        this.cascadeBit = cascadeBit;
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
            int request = PriorityOf((byte)(Requested & ~masked));
            int blocking = specialMask ? inService & ~masked : inService;
            if (specialFullyNested)
            {
                blocking &= ~cascadeBit;
            }

            return request < PriorityOf((byte)blocking) ? LineAt(request) : -1;
        }
    }

    internal byte EdgeLevel
    {
        get => levelTriggered;
        set => levelTriggered = (byte)(value & levelWritable);
    }

    private byte Requested => (byte)(latched | (lines & levelTriggered));

    internal void SetLine(int line, bool high)
    {
        byte bit = (byte)(1 << line);
        if (high && (lines & bit) == 0)
        {
            latched |= (byte)(bit & ~levelTriggered);
        }

        lines = (byte)(high ? lines | bit : lines & ~bit);
    }

    /// <summary>The acknowledge cycle for one line.</summary>
    /// <returns>The line's vector.</returns>
    internal byte Acknowledge(int line)
    {
        byte bit = (byte)(1 << line);
        latched &= (byte)~bit;
        if (!autoEoi)
        {
            inService |= bit;
        }
        else if (rotateOnAutoEoi)
        {
            highestLine = (byte)((line + 1) & 7);
        }

        return VectorOf(line);
    }

    internal byte VectorOf(int line) => (byte)(vectorBase + line);

    internal byte Read(bool data)
    {
        if (poll)
        {
            poll = false;
            int line = HighestRequest;
            if (line < 0)
            {
                return 0;
            }

            Acknowledge(line);
            return (byte)(0x80 | line);
        }

        return data ? masked : readInService ? inService : Requested;
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
        switch (step)
        {
            case InitStep.Ready:
                masked = value;
                break;
            case InitStep.Icw2:
                vectorBase = (byte)(value & 0xF8);
                step = single ? AfterIcw3 : InitStep.Icw3;
                break;
            case InitStep.Icw3:
                step = AfterIcw3;
                break;
            default:
                specialFullyNested = (value & 0x10) != 0;
                autoEoi = (value & 0x02) != 0;
                step = InitStep.Ready;
                break;
        }
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteBytes([latched, masked, inService, lines, levelTriggered, vectorBase, highestLine, (byte)step]);
        writer.WriteBool(needsIcw4);
        writer.WriteBool(single);
        writer.WriteBool(autoEoi);
        writer.WriteBool(rotateOnAutoEoi);
        writer.WriteBool(specialFullyNested);
        writer.WriteBool(specialMask);
        writer.WriteBool(readInService);
        writer.WriteBool(poll);
    }

    internal void Restore(StateReader reader)
    {
        latched = reader.ReadByte();
        masked = reader.ReadByte();
        inService = reader.ReadByte();
        lines = reader.ReadByte();
        levelTriggered = reader.ReadByte();
        vectorBase = reader.ReadByte();
        highestLine = (byte)(reader.ReadByte() & 7);
        step = (InitStep)(reader.ReadByte() & 3);
        needsIcw4 = reader.ReadBool();
        single = reader.ReadBool();
        autoEoi = reader.ReadBool();
        rotateOnAutoEoi = reader.ReadBool();
        specialFullyNested = reader.ReadBool();
        specialMask = reader.ReadBool();
        readInService = reader.ReadBool();
        poll = reader.ReadBool();
    }

    private InitStep AfterIcw3 => needsIcw4 ? InitStep.Icw4 : InitStep.Ready;

    private void StartInitialisation(byte icw1)
    {
        latched = 0;
        masked = 0;
        inService = 0;
        highestLine = 0;
        specialMask = false;
        readInService = false;
        poll = false;
        autoEoi = false;
        rotateOnAutoEoi = false;
        specialFullyNested = false;
        needsIcw4 = (icw1 & 0x01) != 0;
        single = (icw1 & 0x02) != 0;
        step = InitStep.Icw2;
    }

    private void WriteOcw3(byte value)
    {
        poll = (value & 0x04) != 0;
        if ((value & 0x02) != 0)
        {
            readInService = (value & 0x01) != 0;
        }

        if ((value & 0x40) != 0)
        {
            specialMask = (value & 0x20) != 0;
        }
    }

    // Commands in the order of the data sheet's figure 8: rotate, specific, end of interrupt as bits 2, 1, 0.
    private void WriteOcw2(int command, int line)
    {
        switch (command)
        {
            case 0 or 4:
                rotateOnAutoEoi = command == 4;
                break;
            case 1 or 5:
                int priority = PriorityOf(inService);
                if (priority < 8)
                {
                    End(LineAt(priority), rotate: command == 5);
                }

                break;
            case 3 or 7:
                End(line, rotate: command == 7);
                break;
            case 6:
                highestLine = (byte)((line + 1) & 7);
                break;
            default:
                break;
        }
    }

    private void End(int line, bool rotate)
    {
        inService &= (byte)~(1 << line);
        if (rotate)
        {
            highestLine = (byte)((line + 1) & 7);
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

    private int LineAt(int priority) => (priority + highestLine) & 7;
}
