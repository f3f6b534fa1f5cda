using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Observe;

/// <summary>An interrupt or exception that is about to be delivered.</summary>
/// <param name="vcpu">The vCPU, as it stands before.</param>
/// <param name="vector">The vector.</param>
/// <param name="errorCode">The error code, if there is one.</param>
/// <param name="isExternal">Whether a device or another vCPU sent it.</param>
public readonly ref struct DeliveryEvent(Vcpu vcpu, byte vector, uint? errorCode, bool isExternal)
{
    /// <summary>The vCPU, as it stands before.</summary>
    public Vcpu Vcpu { get; } = vcpu;

    /// <summary>The vector.</summary>
    public byte Vector { get; } = vector;

    /// <summary>The error code, if there is one.</summary>
    public uint? ErrorCode { get; } = errorCode;

    /// <summary>Whether a device or another vCPU sent it.</summary>
    public bool IsExternal { get; } = isExternal;

    /// <summary>Where.</summary>
    public Position Position => Vcpu.Position;
}
