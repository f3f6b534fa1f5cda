using System.Globalization;
using Guest.Linux.Tasks;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>A thread as gdb is shown it: a vCPU, or a thread of the chosen process.</summary>
/// <param name="Id">Its number for gdb.</param>
/// <param name="Name">Its name.</param>
/// <param name="Task">The thread of the guest; null for a vCPU.</param>
/// <param name="Cpu">The vCPU whose registers are its; null where none runs it.</param>
internal sealed record DebuggedThread(int Id, string Name, GuestTask? Task, Vcpu? Cpu)
{
    /// <summary>The number as packets write it.</summary>
    internal string IdText => Id.ToString("x", CultureInfo.InvariantCulture);
}
