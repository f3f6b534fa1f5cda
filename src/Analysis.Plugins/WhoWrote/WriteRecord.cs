using Analysis.Plugins.Timeline;
using Replay.Engine.Observe;

namespace Analysis.Plugins.WhoWrote;

/// <summary>A write to the watched memory.</summary>
/// <param name="Order">That of its instruction.</param>
/// <param name="Vcpu">The vCPU.</param>
/// <param name="Ring">The privilege level of the instruction.</param>
/// <param name="Pc">Linear address of the instruction; 0 where an interrupt's delivery wrote.</param>
/// <param name="Symbol">The kernel's function that it belongs to, with an offset; empty for others.</param>
/// <param name="Linear">Linear address that was written.</param>
/// <param name="Physical">Guest-physical address that was written.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Thread">The thread that ran; null where that is not known.</param>
internal sealed record WriteRecord(ulong Order, ushort Vcpu, byte Ring, ulong Pc, string Symbol, ulong Linear, ulong Physical, byte Size, ThreadName? Thread)
{
    /// <summary>Of an access.</summary>
    internal static WriteRecord Of(in AccessEvent access, ThreadLog threads, ObservedGuest guest) => new(
        access.Order, access.Vcpu, access.Ring, access.Pc.Value, CodeNames.Of(guest, access.Vcpu, access.Pc), access.Linear.Value, access.Physical.Value, access.Size,
        threads.At(access.Vcpu, access.Order));

    /// <summary>Adds its row.</summary>
    internal void Report(IReportTable table) => table.Row(
        ("order", Order), ("vcpu", (int)Vcpu), ("ring", (int)Ring), ("pc", Pc), ("symbol", Symbol), ("pid", Thread?.Pid ?? -1), ("tid", Thread?.Tid ?? -1), ("thread", Thread?.Name ?? string.Empty),
        ("vaddr", Linear), ("paddr", Physical), ("size", (int)Size));
}
