using Guest.Machine.X86;

namespace Guest.Machine.Tests.X86;

/// <summary>A machine without devices, which remembers what was written to its ports.</summary>
internal sealed class QuietBus : ICpuBus
{
    internal List<(ushort Port, int Size, uint Value)> Written { get; } = [];

    internal uint NextRead { get; set; } = 1;

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
    public uint ReadPort(ushort port, int size) => NextRead++;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value) => Written.Add((port, size, value));

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
    public void ShutDown() => throw new InvalidOperationException("triple fault");
}
