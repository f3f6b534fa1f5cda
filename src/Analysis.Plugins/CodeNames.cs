using Guest.Machine;
using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>The kernel's names for addresses of code.</summary>
internal static class CodeNames
{
    /// <summary>The function of the kernel that an address belongs to, with the offset in it; empty for addresses of programs and where the kernel is not known.</summary>
    internal static string Of(ObservedGuest guest, int vcpu, GuestVirtual pc) =>
        (long)pc.Value < 0 && guest.Look(guest.Machine.Cpus[vcpu])?.SymbolAt(pc) is { } symbol ? $"{symbol.Name}+0x{pc.Value - symbol.Address.Value:x}" : string.Empty;

    /// <summary>The function of the kernel that an address belongs to; empty for addresses of programs and where the kernel is not known.</summary>
    internal static string FunctionOf(ObservedGuest guest, GuestVirtual pc) =>
        (long)pc.Value < 0 ? guest.Look(guest.Machine.Cpu)?.SymbolAt(pc)?.Name ?? string.Empty : string.Empty;
}
