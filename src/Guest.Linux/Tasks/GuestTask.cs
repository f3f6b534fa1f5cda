using Guest.Machine;

namespace Guest.Linux.Tasks;

/// <summary>A thread of the guest as its <c>task_struct</c> describes it: of a process, of the kernel, or a CPU's idle task.</summary>
/// <remarks>Numbers are those of the guest's first pid namespace. Two reads of one thread are equal in <see cref="Address"/>, <see cref="Tid"/> and <see cref="StartTime"/> together.</remarks>
/// <param name="Address">Its <c>task_struct</c>.</param>
/// <param name="Pid">The process it belongs to (the kernel's <c>tgid</c>); 0 for idle tasks.</param>
/// <param name="Tid">Its own number (the kernel's <c>pid</c>).</param>
/// <param name="ParentPid">The process that waits for it.</param>
/// <param name="Name">Its name (<c>comm</c>), at most 15 bytes.</param>
/// <param name="State">What it does.</param>
/// <param name="StartTime">When it was started, in nanoseconds since the guest's boot.</param>
/// <param name="AddressSpace">Its <c>mm_struct</c>, or null: kernel threads have none, and a thread that ends gives its own up.</param>
/// <param name="IsKernelThread">Whether it never runs user code.</param>
public sealed record GuestTask(
    GuestVirtual Address, int Pid, int Tid, int ParentPid, string Name, TaskState State, ulong StartTime, GuestVirtual? AddressSpace, bool IsKernelThread)
{
    /// <summary>Whether it is what a CPU runs when there is nothing to do.</summary>
    public bool IsIdle => Tid == 0;

    /// <summary>Whether it is the first thread of its process.</summary>
    public bool IsLeader => Tid == Pid;
}
