using Guest.Machine;
using Guest.Machine.X86;

namespace Trace.Export.Collect;

/// <summary>What of a vCPU's state an event is a change of.</summary>
/// <param name="Cr3">CR3.</param>
/// <param name="Asid">The address space as the tables name it.</param>
/// <param name="Ring">The privilege level.</param>
/// <param name="Bits">The width of code addresses: 16, 32 or 64.</param>
/// <param name="Paging">CR0.PG and CR0.PE, and whether long mode is active.</param>
internal readonly record struct CpuSnapshot(ulong Cr3, GuestPhysical Asid, byte Ring, byte Bits, byte Paging)
{
    private const ulong Cr0Pg = 1UL << 31;
    private const ulong TableAddress = 0x000F_FFFF_FFFF_F000;

    /// <summary>The present state.</summary>
    public static CpuSnapshot Of(Vcpu cpu)
    {
        ref CpuState s = ref cpu.State;
        bool paging = (s.Cr0 & Cr0Pg) != 0;
        int mode = (paging ? 1 : 0) | (cpu.InProtectedMode ? 2 : 0) | (cpu.InLongMode ? 4 : 0);
        return new CpuSnapshot(
            s.Cr3, new GuestPhysical(paging ? s.Cr3 & TableAddress : 0), (byte)s.Cpl, (byte)CodeReader.AddressBits(cpu), (byte)mode);
    }

    /// <summary>Whether the operating mode is the same.</summary>
    public bool HasModeOf(CpuSnapshot other) => Bits == other.Bits && Paging == other.Paging;
}
