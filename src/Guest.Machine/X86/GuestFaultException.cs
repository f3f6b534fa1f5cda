namespace Guest.Machine.X86;

/// <summary>A fault the guest's instruction raises; the vCPU's loop delivers it through the guest's IDT.</summary>
/// <remarks>Each vCPU owns one and throws it again and again: no allocation on the way of a page fault.</remarks>
public sealed class GuestFaultException : Exception
{
    /// <summary>Which exception.</summary>
    public Vector Vector { get; internal set; }

    /// <summary>The error code, or null where the exception has none.</summary>
    public uint? ErrorCode { get; internal set; }

    /// <summary>For page faults: the linear address, loaded into CR2 on delivery.</summary>
    public ulong LinearAddress { get; internal set; }

    /// <summary>Bits of DR6 that a debug exception sets.</summary>
    public ulong DebugStatus { get; internal set; }

    /// <summary>Whether it is a trap: reported after its instruction, which has retired.</summary>
    public bool Trap { get; internal set; }
}
