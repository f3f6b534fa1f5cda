namespace Guest.Machine.Devices.Apic;

/// <content>Interrupt messages between CPUs: what the command register sends, and which destinations mean this APIC.</content>
public sealed partial class LocalApic
{
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
        uint own = _logicalId >> 24;
        return _destinationFormat >> 28 == 0xF
            ? (own & mask) != 0
            : own >> 4 == mask >> 4 && (own & mask & 0xF) != 0;
    }

    /// <summary>True where the APIC takes fixed interrupts.</summary>
    internal bool TakesVectors => Enabled && SoftwareEnabled;

    /// <summary>What lowest-priority delivery compares.</summary>
    internal uint ArbitrationPriority => ProcessorPriority;

    private void SendCommand(ulong command)
    {
        _interruptCommand = command & CommandWritable;
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
                _router.Deliver(new InterruptMessage(vector, mode, destination, (command & (1 << 11)) != 0, LevelTriggered: false));
                break;
            case Self:
                Accept(vector, mode, level: false);
                break;
            default:
                _router.DeliverToAll(vector, mode, except: shorthand == AllButSelf ? this : null);
                break;
        }
    }
}
