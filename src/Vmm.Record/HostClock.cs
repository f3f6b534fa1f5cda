using System.Diagnostics;

namespace Vmm.Record;

/// <summary>The host's monotonic time since the run began.</summary>
public sealed class HostClock
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Nanoseconds since the run began.</summary>
    public ulong Nanoseconds => (ulong)Stopwatch.GetElapsedTime(_start).Ticks * 100;

    /// <summary>Nanoseconds of processor time that this process has used.</summary>
    public static ulong ProcessorNanoseconds => (ulong)Environment.CpuUsage.TotalTime.Ticks * 100;
}
