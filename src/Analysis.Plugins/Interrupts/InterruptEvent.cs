using Guest.Machine.State;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Interrupts;

/// <summary>An interrupt or exception that was delivered, or a return by IRET.</summary>
/// <param name="IsReturn">Whether it is a return.</param>
/// <param name="IsExternal">Of a delivery: whether a device or another vCPU sent it.</param>
/// <param name="IsUser">Of a delivery: whether it interrupted a program; of a return: whether it led to one.</param>
/// <param name="Vector">Of a delivery: its vector.</param>
/// <param name="Vcpu">The vCPU.</param>
/// <param name="Task">The <c>task_struct</c> on whose stack it happened; 0 where there is no kernel yet.</param>
/// <param name="Order">Instructions that all vCPUs had retired.</param>
/// <param name="Time">Nanoseconds since the machine's start.</param>
/// <param name="Handler">Of a delivery: who handles it; empty where the kernel does not say.</param>
internal sealed record InterruptEvent(bool IsReturn, bool IsExternal, bool IsUser, byte Vector, int Vcpu, ulong Task, ulong Order, ulong Time, string Handler)
{
    /// <summary>Writes it.</summary>
    internal void Save(StateWriter writer)
    {
        writer.WriteBool(IsReturn);
        writer.WriteBool(IsExternal);
        writer.WriteBool(IsUser);
        writer.WriteByte(Vector);
        writer.WriteInt32(Vcpu);
        writer.WriteUInt64(Task);
        writer.WriteUInt64(Order);
        writer.WriteUInt64(Time);
        StateText.Write(writer, Handler);
    }

    /// <summary>Reads one.</summary>
    internal static InterruptEvent Load(StateReader reader) => new(
        reader.ReadBool(), reader.ReadBool(), reader.ReadBool(), reader.ReadByte(), reader.ReadInt32(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), StateText.Read(reader));
}
