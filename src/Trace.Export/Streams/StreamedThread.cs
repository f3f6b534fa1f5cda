namespace Trace.Export.Streams;

/// <summary>A thread of the guest, or what a vCPU did before there were any.</summary>
/// <param name="Pid">Its process; 0 for the kernel's idle tasks.</param>
/// <param name="Tid">Its number; 0 for the kernel's idle tasks, of which each vCPU has one.</param>
/// <param name="Vcpu">The vCPU that runs it.</param>
public readonly record struct StreamedThread(int Pid, int Tid, int Vcpu);
