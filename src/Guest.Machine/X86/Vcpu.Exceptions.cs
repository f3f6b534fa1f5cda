namespace Guest.Machine.X86;

/// <content>Delivery of exceptions and interrupts.</content>
public sealed partial class Vcpu
{
    private uint _externalEvent;
    private bool _flagsLoaded;

    /// <summary>Says that this instruction has loaded RFLAGS, RF included: RF is not cleared after it.</summary>
    internal void NoteFlagsLoaded() => _flagsLoaded = true;

    /// <summary>Delivers a fault that an instruction raised.</summary>
    internal void Deliver(GuestFaultException fault)
    {
        _externalEvent = 0;
        throw new ReplayKitException(405, ExitCode.HostCannot, $"fault {fault.Vector} at {Position}: delivery is not there yet");
    }
}
