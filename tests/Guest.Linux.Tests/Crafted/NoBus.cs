using Guest.Machine;
using Guest.Machine.X86;

namespace Guest.Linux.Tests.Crafted;

/// <summary>A machine without devices, for a vCPU that never executes anything.</summary>
internal sealed class NoBus : ICpuBus
{
    public ulong TimeStamp => 0;

    public TimeLine TimeLine => default;

    public bool HasInterrupt => false;

    public ulong TaskPriority { get; set; }

    public byte AcknowledgeInterrupt() => 0;

    public uint ReadPort(ushort port, int size) => 0;

    public void WritePort(ushort port, int size, uint value)
    {
    }

    public ulong ReadDevice(GuestPhysical address, int size) => 0;

    public void WriteDevice(GuestPhysical address, int size, ulong value)
    {
    }

    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        return false;
    }

    public bool TryWriteMsr(uint index, ulong value) => false;

    public void ShutDown()
    {
    }
}
