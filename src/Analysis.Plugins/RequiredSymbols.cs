using Guest.Machine;
using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>Functions of the kernel without which an analysis would say nothing, or something wrong.</summary>
internal static class RequiredSymbols
{
    /// <summary>Checks at the end of a replay that the kernel has them.</summary>
    /// <exception cref="ReplayKitException">RK0604: it lacks one.</exception>
    internal static void Check(ObservedGuest guest, params ReadOnlySpan<string> names)
    {
        if (guest.Look(guest.Machine.Cpu) is not { } kernel)
        {
            return;
        }

        foreach (string name in names)
        {
            if (kernel.Symbols.Find(name) is null)
            {
                throw new ReplayKitException(604, ExitCode.BadInput, $"the guest's kernel has no symbol {name}; docs/names.md lists the kernels that were tried");
            }
        }
    }
}
