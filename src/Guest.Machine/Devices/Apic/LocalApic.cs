namespace Guest.Machine.Devices.Apic;

/// <summary>The local APIC of one vCPU: xAPIC registers in memory, x2APIC registers as MSRs (Intel SDM 3A 11).</summary>
/// <remarks>
/// Interrupts arrive by <see cref="Accept"/> and by the two local pins, and leave by <see cref="Acknowledge"/>. INIT to the bootstrap processor ends the
/// run with RK0271: there is no firmware in which it could begin (docs/limits.md).
/// </remarks>
public sealed partial class LocalApic : IDevice, IMmioDevice
{
    /// <summary>Where the registers are while the APIC is not moved.</summary>
    public const ulong DefaultBase = 0xFEE0_0000;

    /// <summary>Bytes of the register page.</summary>
    public const ulong RangeSize = 0x1000;

    private readonly InterruptRouter _router;
    private readonly IInterruptTarget _target;
    private readonly VectorSet _requested = new();
    private readonly VectorSet _inService = new();
    private readonly VectorSet _levelTriggered = new();
    private readonly uint[] _lvt = new uint[LvtCount];
    private uint _taskPriority;
    private uint _logicalId;
    private uint _destinationFormat;
    private uint _spurious;
    private uint _errors;
    private uint _errorStatus;
    private ulong _interruptCommand;
    private ulong _baseMsr;
    private bool _lint0;
    private bool _nmi;

    /// <summary>Creates the local APIC and attaches it to the router.</summary>
    /// <param name="id">The APIC id: the vCPU's number.</param>
    /// <param name="clock">The machine's clock.</param>
    /// <param name="router">Where its messages go and come from.</param>
    /// <param name="target">The vCPU it interrupts.</param>
    public LocalApic(int id, IClock clock, InterruptRouter router, IInterruptTarget target)
    {
        Id = unchecked((uint)id);
        _router = router;
        _target = target;
        Timer = new LocalApicTimer(clock, Board.TimerNumbers.LocalApic + id, () => RaiseLocal(LvtTimer));
        Name = $"lapic{id}";
        _baseMsr = DefaultBase | BaseEnabled | (id == 0 ? BaseBootstrap : 0);
        Reset();
        if (id == 0)
        {
            EnterVirtualWireMode();
        }

        router.Attach(this);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The APIC id.</summary>
    public uint Id { get; }

    /// <summary>The timer, for the machine's loop.</summary>
    public LocalApicTimer Timer { get; }

    /// <summary>True where an interrupt waits that the vCPU may take once its interrupt flag allows it. Cheap.</summary>
    public bool HasInterrupt { get; private set; }

    /// <summary>True where a non-maskable interrupt waits. Cheap.</summary>
    public bool HasNmi => _nmi;

    /// <summary>The task priority as CR8 shows it: its upper four bits.</summary>
    public byte Cr8
    {
        get => (byte)(_taskPriority >> 4);
        set
        {
            _taskPriority = (uint)(value & 0xF) << 4;
            Update();
        }
    }

    /// <summary>What the vCPU adds to <see cref="IClock.Now"/> to give its time-stamp counter; the TSC deadline is compared with the sum.</summary>
    public ulong TscOffset
    {
        get => Timer.TscOffset;
        set => Timer.SetTscOffset(value);
    }

    private bool Enabled => (_baseMsr & BaseEnabled) != 0;

    private bool IsBootstrap => (_baseMsr & BaseBootstrap) != 0;

    private bool X2Mode => (_baseMsr & BaseX2Apic) != 0;

    private bool SoftwareEnabled => (_spurious & SpuriousEnabled) != 0;

    // With the APIC off, its LINT0 pin is the CPU's INTR pin (SDM 3A 11.4.3).
    private bool ExtIntWaits => _lint0 && (!Enabled || (_lvt[LvtLint0] & (LvtMasked | LvtModeMask)) == (uint)DeliveryMode.ExtInt << 8);

    private uint ProcessorPriority
    {
        get
        {
            uint served = (uint)Math.Max(_inService.Highest, 0) & 0xF0;
            return (_taskPriority & 0xF0) >= served ? _taskPriority : served;
        }
    }

    /// <summary>True where the address is one of this APIC's memory-mapped registers.</summary>
    public bool Covers(GuestPhysical address) =>
        Enabled && !X2Mode && address.Value - (_baseMsr & BaseAddress) < RangeSize;

    /// <summary>Takes the waiting interrupt: it is in service from here on.</summary>
    /// <returns>Its vector; the spurious vector where none waits any more.</returns>
    public byte Acknowledge()
    {
        if (ExtIntWaits)
        {
            byte external = _router.AcknowledgeExternal();
            Update();
            return external;
        }

        if (!HasInterrupt)
        {
            return (byte)_spurious;
        }

        byte vector = (byte)_requested.Highest;
        _requested[vector] = false;
        _inService[vector] = true;
        Update();
        return vector;
    }

    /// <summary>Takes the waiting non-maskable interrupt.</summary>
    /// <returns>False where none waits.</returns>
    public bool TryTakeNmi()
    {
        bool waited = _nmi;
        _nmi = false;
        return waited;
    }

    /// <summary>A message for this APIC has arrived.</summary>
    /// <returns>False where the APIC does not take it now.</returns>
    /// <exception cref="ReplayKitException">RK0271: INIT to the bootstrap processor, or to the CPU that sends it.</exception>
    public bool Accept(byte vector, DeliveryMode mode, bool level)
    {
        if (!Enabled)
        {
            return false;
        }

        switch (mode)
        {
            case DeliveryMode.Fixed or DeliveryMode.LowestPriority:
                return AcceptVector(vector, level);
            case DeliveryMode.Nmi:
                _nmi = true;
                _target.InterruptsChanged();
                return true;
            case DeliveryMode.Init when IsBootstrap:
                throw new ReplayKitException(271, ExitCode.HostCannot, $"the guest sent INIT to the bootstrap processor (APIC id {Id}), which would begin in firmware that this machine does not have");
            case DeliveryMode.Init:
                _target.Initialise();
                Reset();
                return true;
            case DeliveryMode.StartUp:
                _target.StartUp(vector);
                return true;
            default:
                // SMIs would run firmware that is not there, ExtINT does not come as a message.
                return true;
        }
    }

    /// <summary>Drives the pin LINT0, where the 8259 pair's INTR is connected.</summary>
    public void SetLint0(bool high)
    {
        bool rises = high && !_lint0;
        _lint0 = high;
        if (rises && Enabled && (_lvt[LvtLint0] & LvtModeMask) != (uint)DeliveryMode.ExtInt << 8)
        {
            RaiseLocal(LvtLint0);
        }

        Update();
    }

    private bool AcceptVector(byte vector, bool level)
    {
        if (vector < 16)
        {
            RaiseError(ErrorReceivedIllegalVector);
            return false;
        }

        if (!SoftwareEnabled)
        {
            return false;
        }

        _requested[vector] = true;
        _levelTriggered[vector] = level;
        Update();
        return true;
    }

    private void RaiseLocal(int entry)
    {
        uint value = _lvt[entry];
        if ((value & LvtMasked) != 0)
        {
            return;
        }

        var mode = (DeliveryMode)((value >> 8) & 7);
        if (entry is LvtTimer or LvtError)
        {
            mode = DeliveryMode.Fixed;
        }

        Accept((byte)value, mode, level: false);
    }

    private void RaiseError(uint bit)
    {
        bool news = (_errors & bit) == 0;
        _errors |= bit;
        // An illegal vector in the error entry itself must not raise another error, and so on.
        if (news && (byte)_lvt[LvtError] >= 16)
        {
            RaiseLocal(LvtError);
        }
    }

    private void EndOfInterrupt()
    {
        int highest = _inService.Highest;
        if (highest < 0)
        {
            return;
        }

        byte vector = (byte)highest;
        _inService[vector] = false;
        if (_levelTriggered[vector])
        {
            _router.EndOfInterrupt(vector);
        }

        Update();
    }

    private void Update()
    {
        bool before = HasInterrupt;
        HasInterrupt = ExtIntWaits || (Enabled && _requested.Highest is int highest and >= 0 && (uint)(highest & 0xF0) > (ProcessorPriority & 0xF0));
        if (HasInterrupt || before)
        {
            _target.InterruptsChanged();
        }
    }
}
