using Guest.Machine.Board;

namespace Analysis.Plugins;

/// <summary>The machine's time in nanoseconds.</summary>
internal static class GuestTime
{
    /// <summary>Nanoseconds since the machine's start, by its clock.</summary>
    internal static ulong NanosecondsOf(VirtualMachine machine) => (ulong)((UInt128)machine.Clock.Now * 1_000_000_000 / machine.Description.TscHz);
}
