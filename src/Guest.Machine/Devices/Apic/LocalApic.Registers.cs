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

    private uint ReadRegister(uint register) => register switch
    {
        RegisterId => X2Mode ? Id : Id << 24,
        RegisterVersion => Version,
        RegisterTaskPriority => _taskPriority,
        RegisterArbitrationPriority => 0,
        RegisterProcessorPriority => ProcessorPriority,
        RegisterLogicalId => X2Mode ? ((Id >> 4) << 16) | (1u << (int)(Id & 15)) : _logicalId,
        RegisterDestinationFormat => _destinationFormat,
        RegisterSpurious => _spurious,
        >= RegisterInService and < RegisterInService + 8 => _inService.Word((int)(register - RegisterInService)),
        >= RegisterLevelTriggered and < RegisterLevelTriggered + 8 => _levelTriggered.Word((int)(register - RegisterLevelTriggered)),
        >= RegisterRequested and < RegisterRequested + 8 => _requested.Word((int)(register - RegisterRequested)),
        RegisterErrorStatus => _errorStatus,
        RegisterCommandLow => unchecked((uint)_interruptCommand),
        RegisterCommandHigh => (uint)(_interruptCommand >> 32),
        >= RegisterLvtFirst and <= RegisterLvtLast => _lvt[register - RegisterLvtFirst],
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
                _taskPriority = value & 0xFF;
                Update();
                break;
            case RegisterEnd:
                EndOfInterrupt();
                break;
            case RegisterLogicalId:
                _logicalId = value & 0xFF00_0000;
                break;
            case RegisterDestinationFormat:
                _destinationFormat = value | 0x0FFF_FFFF;
                break;
            case RegisterSpurious:
                WriteSpurious(value);
                break;
            case RegisterErrorStatus:
                _errorStatus = _errors;
                _errors = 0;
                break;
            case RegisterCommandLow:
                SendCommand((_interruptCommand & 0xFFFF_FFFF_0000_0000) | value);
                break;
            case RegisterCommandHigh:
                _interruptCommand = (_interruptCommand & 0xFFFF_FFFF) | ((ulong)value << 32);
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
        _spurious = value & 0x1FF;
        if (!SoftwareEnabled)
        {
            foreach (ref uint entry in _lvt.AsSpan())
            {
                entry |= LvtMasked;
            }
        }

        Update();
    }

    private void WriteLvt(int entry, uint value)
    {
        _lvt[entry] = (value & LvtWritable[entry]) | (SoftwareEnabled ? 0 : LvtMasked);
        if (entry == LvtTimer)
        {
            Timer.SetMode((value >> 17) & 3);
        }

        Update();
    }
}
