namespace Guest.Machine.Devices.Apic;

/// <content>The registers and the MSRs.</content>
public sealed partial class LocalApic
{
    private const ulong BaseBootstrap = 1 << 8;
    private const ulong BaseX2Apic = 1 << 10;
    private const ulong BaseEnabled = 1 << 11;
    private const ulong BaseAddress = 0x000F_FFFF_FFFF_F000;

    private const int LvtTimer = 0;
    private const int LvtThermal = 1;
    private const int LvtPerformance = 2;
    private const int LvtLint0 = 3;
    private const int LvtLint1 = 4;
    private const int LvtError = 5;
    private const int LvtCount = 6;
    private const uint LvtMasked = 1 << 16;
    private const uint LvtModeMask = 7 << 8;

    private const uint SpuriousEnabled = 1 << 8;
    private const uint Version = 0x14 | ((LvtCount - 1) << 16);
    private const uint ErrorSendIllegalVector = 1 << 5;
    private const uint ErrorReceivedIllegalVector = 1 << 6;
    private const uint ErrorIllegalRegister = 1 << 7;

    private const int NoShorthand = 0;
    private const int Self = 1;
    private const int AllButSelf = 3;
    private const ulong CommandWritable = 0xFFFF_FFFF_000C_CFFF;

    private const uint RegisterId = 0x02;
    private const uint RegisterVersion = 0x03;
    private const uint RegisterTaskPriority = 0x08;
    private const uint RegisterArbitrationPriority = 0x09;
    private const uint RegisterProcessorPriority = 0x0A;
    private const uint RegisterEnd = 0x0B;
    private const uint RegisterLogicalId = 0x0D;
    private const uint RegisterDestinationFormat = 0x0E;
    private const uint RegisterSpurious = 0x0F;
    private const uint RegisterInService = 0x10;
    private const uint RegisterLevelTriggered = 0x18;
    private const uint RegisterRequested = 0x20;
    private const uint RegisterErrorStatus = 0x28;
    private const uint RegisterCommandLow = 0x30;
    private const uint RegisterCommandHigh = 0x31;
    private const uint RegisterLvtFirst = 0x32;
    private const uint RegisterLvtLast = RegisterLvtFirst + LvtCount - 1;
    private const uint RegisterInitialCount = 0x38;
    private const uint RegisterCurrentCount = 0x39;
    private const uint RegisterDivide = 0x3E;
    private const uint RegisterSelfIpi = 0x3F;

    // In the order of the entries: timer, thermal, performance, LINT0, LINT1, error (SDM 3A figure 11-8).
    private static ReadOnlySpan<uint> LvtWritable => [0x0007_00FF, 0x0001_07FF, 0x0001_07FF, 0x0001_A7FF, 0x0001_A7FF, 0x0001_00FF];

    /// <inheritdoc/>
    public ulong Read(ulong offset, int size)
    {
        // Registers are 32 bits at every 16 bytes; other accesses are undefined (SDM 3A 11.4.1): what lies between reads as zero.
        if (size == 8)
        {
            return Read(offset, 4) | (Read(offset + 4, 4) << 32);
        }

        uint value = (offset & 0xC) == 0 ? ReadRegister(unchecked((uint)offset) >> 4) : 0;
        return (value >> (8 * ((int)offset & 3))) & ((1ul << (8 * size)) - 1);
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int size, ulong value)
    {
        if ((offset & 0xF) == 0 && size >= 4)
        {
            WriteRegister(unchecked((uint)offset) >> 4, unchecked((uint)value));
        }
    }

    /// <summary>Whether a message's destination means this APIC (SDM 3A 11.6.2, 11.12.10).</summary>
    internal bool Matches(in InterruptMessage message)
    {
        if (message.Destination == InterruptMessage.Broadcast)
        {
            return true;
        }

        if (!message.Logical)
        {
            return message.Destination == Id;
        }

        if (X2Mode)
        {
            uint logical = ReadRegister(RegisterLogicalId);
            return logical >> 16 == message.Destination >> 16 && (logical & message.Destination & 0xFFFF) != 0;
        }

        uint mask = message.Destination & 0xFF;
        uint own = logicalId >> 24;
        return destinationFormat >> 28 == 0xF
            ? (own & mask) != 0
            : own >> 4 == mask >> 4 && (own & mask & 0xF) != 0;
    }

    /// <summary>True where the APIC takes fixed interrupts.</summary>
    internal bool TakesVectors => Enabled && SoftwareEnabled;

    /// <summary>What lowest-priority delivery compares.</summary>
    internal uint ArbitrationPriority => ProcessorPriority;

    private uint ReadRegister(uint register) => register switch
    {
        RegisterId => X2Mode ? Id : Id << 24,
        RegisterVersion => Version,
        RegisterTaskPriority => taskPriority,
        RegisterArbitrationPriority => 0,
        RegisterProcessorPriority => ProcessorPriority,
        RegisterLogicalId => X2Mode ? ((Id >> 4) << 16) | (1u << (int)(Id & 15)) : logicalId,
        RegisterDestinationFormat => destinationFormat,
        RegisterSpurious => spurious,
        >= RegisterInService and < RegisterInService + 8 => inService.Word((int)(register - RegisterInService)),
        >= RegisterLevelTriggered and < RegisterLevelTriggered + 8 => levelTriggered.Word((int)(register - RegisterLevelTriggered)),
        >= RegisterRequested and < RegisterRequested + 8 => requested.Word((int)(register - RegisterRequested)),
        RegisterErrorStatus => errorStatus,
        RegisterCommandLow => unchecked((uint)interruptCommand),
        RegisterCommandHigh => (uint)(interruptCommand >> 32),
        >= RegisterLvtFirst and <= RegisterLvtLast => lvt[register - RegisterLvtFirst],
        RegisterInitialCount => Timer.InitialCount,
        RegisterCurrentCount => Timer.CurrentCount,
        RegisterDivide => Timer.DivideConfiguration,
        _ => IllegalRegister(),
    };

    private uint IllegalRegister()
    {
        RaiseError(ErrorIllegalRegister);
        return 0;
    }

    private void WriteRegister(uint register, uint value)
    {
        switch (register)
        {
            case RegisterId or RegisterVersion or RegisterArbitrationPriority or RegisterProcessorPriority or RegisterCurrentCount:
            case >= RegisterInService and < RegisterErrorStatus:
                break;
            case RegisterTaskPriority:
                taskPriority = value & 0xFF;
                Update();
                break;
            case RegisterEnd:
                EndOfInterrupt();
                break;
            case RegisterLogicalId:
                logicalId = value & 0xFF00_0000;
                break;
            case RegisterDestinationFormat:
                destinationFormat = value | 0x0FFF_FFFF;
                break;
            case RegisterSpurious:
                WriteSpurious(value);
                break;
            case RegisterErrorStatus:
                errorStatus = errors;
                errors = 0;
                break;
            case RegisterCommandLow:
                SendCommand((interruptCommand & 0xFFFF_FFFF_0000_0000) | value);
                break;
            case RegisterCommandHigh:
                interruptCommand = (interruptCommand & 0xFFFF_FFFF) | ((ulong)value << 32);
                break;
            case >= RegisterLvtFirst and <= RegisterLvtLast:
                WriteLvt((int)(register - RegisterLvtFirst), value);
                break;
            case RegisterInitialCount:
                Timer.SetInitialCount(value);
                break;
            case RegisterDivide:
                Timer.SetDivideConfiguration(value);
                break;
            default:
                IllegalRegister();
                break;
        }
    }

    private void WriteSpurious(uint value)
    {
        spurious = value & 0x1FF;
        if (!SoftwareEnabled)
        {
            foreach (ref uint entry in lvt.AsSpan())
            {
                entry |= LvtMasked;
            }
        }

        Update();
    }

    private void WriteLvt(int entry, uint value)
    {
        lvt[entry] = (value & LvtWritable[entry]) | (SoftwareEnabled ? 0 : LvtMasked);
        if (entry == LvtTimer)
        {
            Timer.SetMode((value >> 17) & 3);
        }

        Update();
    }

    private void SendCommand(ulong command)
    {
        interruptCommand = command & CommandWritable;
        byte vector = (byte)command;
        var mode = (DeliveryMode)((command >> 8) & 7);
        bool levelDeassert = (command & (1 << 14)) == 0 && (command & (1 << 15)) != 0;
        if (mode is DeliveryMode.Reserved or DeliveryMode.ExtInt || (mode == DeliveryMode.Init && levelDeassert))
        {
            // The INIT level de-assert message means nothing to CPUs since the Pentium 4 (SDM 3A 11.6.1).
            return;
        }

        SendVector((int)(command >> 18) & 3, vector, mode, command);
    }

    private void SendVector(int shorthand, byte vector, DeliveryMode mode, ulong command)
    {
        if (mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority && vector < 16)
        {
            RaiseError(ErrorSendIllegalVector);
            return;
        }

        switch (shorthand)
        {
            case NoShorthand:
                uint destination = (uint)(command >> 32);
                destination = X2Mode ? destination : InterruptRouter.WidenDestination((byte)(destination >> 24));
                router.Deliver(new InterruptMessage(vector, mode, destination, (command & (1 << 11)) != 0, LevelTriggered: false));
                break;
            case Self:
                Accept(vector, mode, level: false);
                break;
            default:
                router.DeliverToAll(vector, mode, except: shorthand == AllButSelf ? this : null);
                break;
        }
    }

    private void Reset()
    {
        requested.Clear();
        inService.Clear();
        levelTriggered.Clear();
        Array.Fill(lvt, LvtMasked);
        taskPriority = 0;
        logicalId = 0;
        destinationFormat = 0xFFFF_FFFF;
        spurious = 0xFF;
        errors = 0;
        errorStatus = 0;
        interruptCommand = 0;
        nmi = false;
        Timer.Reset();
        Update();
    }

    // What firmware leaves behind on the bootstrap processor (MultiProcessor Specification 1.4, 3.6.2.2).
    private void EnterVirtualWireMode()
    {
        spurious |= SpuriousEnabled;
        lvt[LvtLint0] = (uint)DeliveryMode.ExtInt << 8;
        lvt[LvtLint1] = (uint)DeliveryMode.Nmi << 8;
    }
}
