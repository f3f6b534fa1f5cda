using Guest.Linux;
using Guest.Linux.Tasks;

namespace ReplayKit.Cli.Names;

/// <summary>One row of <c>ps</c>.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Tid">The thread.</param>
/// <param name="Ppid">The parent process.</param>
/// <param name="State">The letter of <c>/proc/PID/stat</c>.</param>
/// <param name="StartedNs">Nanoseconds since the guest's boot.</param>
/// <param name="Name">Its name.</param>
/// <param name="CommandLine">What it was started with; null for kernel threads and what has ended.</param>
internal sealed record PsTask(int Pid, int Tid, int Ppid, string State, ulong StartedNs, string Name, IReadOnlyList<string>? CommandLine)
{
    /// <summary>The row of a task.</summary>
    public static PsTask Of(LinuxKernel kernel, GuestTask task) =>
        new(task.Pid, task.Tid, task.ParentPid, task.State.Letter().ToString(), task.StartTime, task.Name, kernel.AddressSpaces.CommandLineOf(task));
}
