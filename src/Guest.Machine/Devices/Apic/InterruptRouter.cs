using Guest.Machine.Devices.Pic;

namespace Guest.Machine.Devices.Apic;

/// <summary>What connects the local APICs, the I/O APIC and the 8259 pair: it finds the targets of a message.</summary>
/// <remarks>It has no state of its own: a message has arrived when the call returns.</remarks>
public sealed class InterruptRouter
{
    private readonly List<LocalApic> _locals = [];
    private readonly PicPair _pic;
    private IoApic? _ioApic;

    /// <summary>Creates a router without APICs.</summary>
    /// <param name="pic">The 8259 pair.</param>
    public InterruptRouter(PicPair pic)
    {
        _pic = pic;
        pic.Connect(this);
    }

    /// <summary>An 8-bit physical destination as the wide form: 0xFF means everybody.</summary>
    public static uint WidenDestination(byte destination) => destination == 0xFF ? InterruptMessage.Broadcast : destination;

    /// <summary>Delivers a message to the APICs it names.</summary>
    /// <returns>False where no APIC took it.</returns>
    /// <exception cref="ReplayKitException">RK0271: INIT reached the bootstrap processor.</exception>
    public bool Deliver(in InterruptMessage message)
    {
        if (message.Mode == DeliveryMode.LowestPriority)
        {
            return LowestPriorityTarget(message)?.Accept(message.Vector, message.Mode, message.LevelTriggered) ?? false;
        }

        bool taken = false;
        foreach (LocalApic local in _locals)
        {
            if (local.Matches(message))
            {
                taken |= local.Accept(message.Vector, message.Mode, message.LevelTriggered);
            }
        }

        return taken;
    }

    /// <summary>Drives the 8259 pair's INTR, which reaches the LINT0 pin of the bootstrap processor.</summary>
    public void SetExternal(bool high)
    {
        if (_locals.Count > 0)
        {
            _locals[0].SetLint0(high);
        }
    }

    internal void Attach(LocalApic local) => _locals.Add(local);

    internal void Attach(IoApic io) => _ioApic = io;

    internal void DeliverToAll(byte vector, DeliveryMode mode, LocalApic? except)
    {
        foreach (LocalApic local in _locals)
        {
            if (local != except)
            {
                local.Accept(vector, mode, level: false);
            }
        }
    }

    internal void EndOfInterrupt(byte vector) => _ioApic?.EndOfInterrupt(vector);

    internal byte AcknowledgeExternal() => _pic.Acknowledge();

    private LocalApic? LowestPriorityTarget(in InterruptMessage message)
    {
        LocalApic? lowest = null;
        foreach (LocalApic local in _locals)
        {
            if (local.TakesVectors && local.Matches(message) && (lowest is null || local.ArbitrationPriority < lowest.ArbitrationPriority))
            {
                lowest = local;
            }
        }

        return lowest;
    }
}
