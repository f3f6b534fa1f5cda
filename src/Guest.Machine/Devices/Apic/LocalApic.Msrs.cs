namespace Guest.Machine.Devices.Apic;

/// <content>The MSRs: IA32_APIC_BASE, IA32_TSC_DEADLINE and the x2APIC registers.</content>
public sealed partial class LocalApic
{
    private const uint MsrApicBase = 0x1B;
    private const uint MsrTscDeadline = 0x6E0;
    private const uint MsrX2First = 0x800;
    private const uint MsrX2Last = 0x83F;

    /// <summary>Reads a model-specific register of the APIC.</summary>
    /// <returns>False where there is no such register now: #GP(0).</returns>
    public bool TryReadMsr(uint msr, out ulong value)
    {
        value = 0;
        switch (msr)
        {
            case MsrApicBase:
                value = _baseMsr;
                return true;
            case MsrTscDeadline:
                value = Timer.TscDeadline;
                return true;
            case >= MsrX2First and <= MsrX2Last when X2Mode && IsX2Readable(msr - MsrX2First):
                uint register = msr - MsrX2First;
                value = register == RegisterCommandLow ? _interruptCommand : ReadRegister(register);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes a model-specific register of the APIC.</summary>
    /// <returns>False where there is no such register now or the value is refused: #GP(0).</returns>
    /// <exception cref="ReplayKitException">RK0270: the guest moves the APIC; RK0271: it sends INIT to the bootstrap processor.</exception>
    public bool TryWriteMsr(uint msr, ulong value)
    {
        switch (msr)
        {
            case MsrApicBase:
                return TryWriteBase(value);
            case MsrTscDeadline:
                Timer.SetTscDeadline(value);
                return true;
            case >= MsrX2First and <= MsrX2Last when X2Mode:
                return TryWriteX2(msr - MsrX2First, value);
            default:
                return false;
        }
    }

    private static bool IsX2Readable(uint register) => register switch
    {
        RegisterId or RegisterVersion or RegisterTaskPriority or RegisterProcessorPriority or RegisterLogicalId or RegisterSpurious => true,
        >= RegisterInService and <= RegisterErrorStatus => true,
        RegisterCommandLow => true,
        >= RegisterLvtFirst and <= RegisterLvtLast => true,
        RegisterInitialCount or RegisterCurrentCount or RegisterDivide => true,
        _ => false,
    };

    // The bits that may be set; zero for what is read-only or missing (SDM 3A table 11-6).
    private static ulong X2Allowed(uint register) => register switch
    {
        RegisterTaskPriority or RegisterSelfIpi => 0xFF,
        RegisterSpurious => 0x1FF,
        RegisterCommandLow => 0xFFFF_FFFF_000C_CFFF,
        >= RegisterLvtFirst and <= RegisterLvtLast => LvtWritable[(int)(register - RegisterLvtFirst)] | 0x5000,
        RegisterInitialCount => 0xFFFF_FFFF,
        RegisterDivide => 0xB,
        _ => 0,
    };

    private bool TryWriteX2(uint register, ulong value)
    {
        bool writable = register is RegisterEnd or RegisterErrorStatus || X2Allowed(register) != 0;
        if (!writable || (value & ~X2Allowed(register)) != 0)
        {
            return false;
        }

        if (register == RegisterCommandLow)
        {
            SendCommand(value);
        }
        else if (register == RegisterSelfIpi)
        {
            SendVector(Self, (byte)value, DeliveryMode.Fixed, command: 0);
        }
        else
        {
            WriteRegister(register, unchecked((uint)value));
        }

        return true;
    }

    private bool TryWriteBase(ulong value)
    {
        const ulong Known = BaseBootstrap | BaseX2Apic | BaseEnabled | BaseAddress;
        ulong changed = value ^ _baseMsr;
        bool wasX2 = X2Mode;
        bool enable = (value & BaseEnabled) != 0;
        bool x2 = (value & BaseX2Apic) != 0;

        // x2APIC can only be entered from xAPIC mode and only be left by switching the APIC off (SDM 3A figure 11-27).
        if ((value & ~Known) != 0 || (x2 && !enable) || (x2 && !Enabled) || (wasX2 && enable && !x2))
        {
            return false;
        }

        if ((changed & BaseAddress) != 0)
        {
            throw new ReplayKitException(270, ExitCode.HostCannot, $"the guest moved its local APIC to 0x{value & BaseAddress:x}, which this machine does not support; the kernel must leave it at 0x{DefaultBase:x}");
        }

        bool off = Enabled && !enable;
        _baseMsr = value ^ (changed & BaseBootstrap);
        if (off)
        {
            Reset();
        }

        if (x2 && !wasX2)
        {
            // The command register is one register of 64 bits from here on.
            _interruptCommand = 0;
        }

        Update();
        return true;
    }
}
