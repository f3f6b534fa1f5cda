using System.Runtime.InteropServices;
using Guest.Machine.X86.HostCode;
using Guest.Machine.X86.Translate.Link;

namespace Guest.Machine.X86.Translate.Emit;

/// <summary>Displacements from RBP of what emitted code uses of a vCPU's memory.</summary>
internal static class StatePlaces
{
    internal static readonly int FlagsWord = Of(nameof(EmittedState.FlagsWord));
    internal static readonly int CodePage = Of(nameof(EmittedState.CodePage));
    internal static readonly int Rax = Of(nameof(EmittedState.Rax));
    internal static readonly int Site = Of(nameof(EmittedState.Site));
    internal static readonly int Stop = Of(nameof(EmittedState.Stop));
    internal static readonly int VectorsLive = Of(nameof(EmittedState.VectorsLive));
    internal static readonly int X87Live = Of(nameof(EmittedState.X87Live));
    internal static readonly int Budget = Of(nameof(EmittedState.Budget));
    internal static readonly int Shadow = Of(nameof(EmittedState.Shadow));
    internal static readonly int ShadowBottom = Of(nameof(EmittedState.ShadowBottom));
    internal static readonly int HostStack = Of(nameof(EmittedState.HostStack));
    internal static readonly int UserKey = Of(nameof(EmittedState.UserKey));
    internal static readonly int KernelKey = Of(nameof(EmittedState.KernelKey));
    internal static readonly int UserSpace = Of(nameof(EmittedState.UserSpace));
    internal static readonly int KernelSpace = Of(nameof(EmittedState.KernelSpace));
    internal static readonly int Scratch = Of(nameof(EmittedState.Scratch));
    internal static readonly int Target = Of(nameof(EmittedState.Target));
    internal static readonly int Ram = Of(nameof(EmittedState.Ram));
    internal static readonly int PageFlags = Of(nameof(EmittedState.PageFlags));
    internal static readonly int Rights = Of(nameof(EmittedState.Rights));
    internal static readonly int Places = Of(nameof(EmittedState.Places));
    internal static readonly int InterruptWaits = Of(nameof(EmittedState.InterruptWaits));
    internal static readonly int HostMxcsr = Of(nameof(EmittedState.HostMxcsr));
    internal static readonly int TraceEnd = Of(nameof(EmittedState.TraceEnd));
    internal static readonly int TracePiece = Of(nameof(EmittedState.TracePiece));
    internal static readonly int TraceSpill = Of(nameof(EmittedState.TraceSpill));
    internal static readonly int TraceJumps = Of(nameof(EmittedState.TraceJumps));
    internal static readonly int TimeCount = Of(nameof(EmittedState.TimeCount));
    internal static readonly int TimeTicks = Of(nameof(EmittedState.TimeTicks));
    internal static readonly int TimeRate = Of(nameof(EmittedState.TimeRate));
    internal static readonly int TimeIsKept = Of(nameof(EmittedState.TimeIsKept));
    internal static readonly int TscAux = StateLayout.Msrs + (8 * KnownMsr.Find(0xC000_0103)) - Host.StateBias;
    internal static readonly int AcrossFirst = Of(nameof(EmittedState.AcrossFirst));
    internal static readonly int AcrossSecond = Of(nameof(EmittedState.AcrossSecond));
    internal static readonly int Across = Of(nameof(EmittedState.Across));
    internal static readonly int Gather = Of(nameof(EmittedState.Gather));
    internal static readonly int FlagOperand = Of(nameof(EmittedState.FlagOperand));
    internal static readonly int Groups = Of(nameof(EmittedState.Groups));
    internal static readonly int Mxcsr = StateLayout.Mxcsr - Host.StateBias;
    internal static readonly int SystemFlags = StateLayout.SystemFlags - Host.StateBias;
    internal static readonly int TlbTable = StateLayout.Tlb - Host.StateBias;
    internal static readonly int Mode = StateLayout.Mode - Host.StateBias;
    internal static readonly int Cr4 = StateLayout.Cr4 - Host.StateBias;
    internal static readonly int Xcr0 = StateLayout.Xcr0 - Host.StateBias;
    internal static readonly int VendorDependentUsed = StateLayout.VendorDependentUsed - Host.StateBias;
    internal static readonly int KernelGsBase = StateLayout.KernelGsBase - Host.StateBias;

    /// <summary>A quadword of the x87 image.</summary>
    internal static int Fx(int quadword) => StateLayout.Fx + (8 * quadword) - Host.StateBias;

    /// <summary>A quadword of the x87 unit's XSAVE area.</summary>
    internal static int X87Area(int quadword) => VcpuMemory.X87 + (8 * quadword) - Host.StateBias;

    /// <summary>A vector register.</summary>
    internal static int Vector(int register) => StateLayout.Vectors + (32 * register) - Host.StateBias;

    /// <summary>A segment's base.</summary>
    internal static int SegmentBase(SegmentName segment) => StateLayout.Segments + (16 * (int)segment) - Host.StateBias;

    /// <summary>A segment's selector.</summary>
    internal static int Selector(int segment) => StateLayout.Segments + (16 * segment) + 12 - Host.StateBias;

    /// <summary>The read tags of a mode's TLB table.</summary>
    internal static int Table(AccessMode mode) => VcpuMemory.Tlb + ((int)mode * TlbEntry.TableBytes) - Host.StateBias;

    /// <summary>Which entries of a mode's TLB table may hold a right.</summary>
    internal static int Filled(AccessMode mode) => VcpuMemory.Tlb + X86.Tlb.Filled + ((int)mode * X86.Tlb.MaxGroups) - Host.StateBias;

    /// <summary>A mode's second-level TLB.</summary>
    internal static int SecondLevel(AccessMode mode) => VcpuMemory.Tlb + X86.Tlb.SecondLevel + ((int)mode * X86.Tlb.SecondLevelBytes) - Host.StateBias;

    /// <summary>A mode's jump cache.</summary>
    internal static int Jumps(AccessMode mode) => VcpuMemory.JumpCaches + ((int)mode * JumpCache.TableBytes) - Host.StateBias;

    private static int Of(string field) => StateLayout.Emitted + (int)Marshal.OffsetOf<EmittedState>(field) - Host.StateBias;
}
