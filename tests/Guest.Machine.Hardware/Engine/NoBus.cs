using Guest.Machine.X86;

namespace Guest.Machine.Hardware.Engine;

/// <summary>A machine without devices: cases run in user mode and reach none.</summary>
internal sealed class NoBus : ICpuBus
{
    /// <inheritdoc/>
    public ulong TimeStamp => 0;

    /// <inheritdoc/>
    public TimeLine TimeLine => default;

    /// <inheritdoc/>
    public bool HasInterrupt => false;

    /// <inheritdoc/>
    public ulong TaskPriority { get; set; }

    /// <inheritdoc/>
    public byte AcknowledgeInterrupt() => 0;

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => 0;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
    }

    /// <inheritdoc/>
    public ulong ReadDevice(GuestPhysical address, int size) => 0;

    /// <inheritdoc/>
    public void WriteDevice(GuestPhysical address, int size, ulong value)
    {
    }

    /// <inheritdoc/>
    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        return false;
    }

    /// <inheritdoc/>
    public bool TryWriteMsr(uint index, ulong value) => false;

    /// <inheritdoc/>
    public void ShutDown() => throw new ReplayKitException(499, ExitCode.HostCannot, "a case ended in a triple fault");
}
