namespace Guest.Machine.X86;

/// <summary>What stands where in a vCPU's mapped memory: the registers first, then the software TLB.</summary>
internal static class VcpuMemory
{
    /// <summary>Room for <see cref="CpuState"/>.</summary>
    internal const int StateBytes = 0x2000;

    /// <summary>Offset of an XSAVE area for the x87 unit, at the end of that room: emitted code loads the host's unit from there.</summary>
    internal const int X87 = StateBytes - 0x240;

    /// <summary>Offset of the TLB's tables.</summary>
    internal const int Tlb = StateBytes;

    /// <summary>Offset of the jump caches, one per access mode (<see cref="Translate.Link.JumpCache"/>).</summary>
    internal const int JumpCaches = Tlb + X86.Tlb.Bytes;

    /// <summary>All of it.</summary>
    internal const int Bytes = (JumpCaches + (X86.Tlb.Modes * Translate.Link.JumpCache.TableBytes) + 0xFFF) & ~0xFFF;
}
