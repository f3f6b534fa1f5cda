using Guest.Machine;
using Guest.Machine.Memory;
using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <summary>Tells of the writes to some bytes of RAM.</summary>
/// <param name="machine">The vCPU in turn.</param>
/// <param name="address">The first byte.</param>
/// <param name="length">Their number.</param>
/// <param name="seen">Called at each write, before it, with 8 bytes of it at a time.</param>
internal sealed class RamWatch(Func<Vcpu> machine, GuestPhysical address, ulong length, Action<SeenRamWrite> seen) : IWriteObserver
{
    private const int MostBytes = 8;

    /// <inheritdoc/>
    public void Writing(GuestPhysical at, ReadOnlySpan<byte> bytes, bool isDevice)
    {
        ulong first = Math.Max(at.Value, address.Value);
        ulong end = Math.Min(at.Value + (ulong)bytes.Length, address.Value + length);
        if (first >= end)
        {
            return;
        }

        Vcpu cpu = machine();
        GuestVirtual? pc = isDevice ? null : new GuestVirtual(cpu.State.InstructionStart);
        for (ulong part = first; part < end; part += MostBytes)
        {
            int size = (int)Math.Min(end - part, MostBytes);
            ulong value = 0;
            for (int i = 0; i < size; i++)
            {
                value |= (ulong)bytes[(int)(part - at.Value) + i] << (8 * i);
            }

            seen(new SeenRamWrite(Moment.Of(cpu), pc, new GuestPhysical(part), size, value));
        }
    }
}
