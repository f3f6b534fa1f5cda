using System.Diagnostics;

namespace Vmm.Record;

/// <summary>The host's monotonic time, counted on from the guest's where a run begins.</summary>
/// <param name="begin">The guest's time there, in nanoseconds; 0 where the machine starts.</param>
public sealed class HostClock(ulong begin)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private ulong _skipped;

    /// <summary>Nanoseconds since the machine's start, had it run without a break before this run.</summary>
    public ulong Nanoseconds => begin + ((ulong)Stopwatch.GetElapsedTime(_start).Ticks * 100) - _skipped;

    /// <summary>Leaves out a time that has passed: the machine stood.</summary>
    /// <param name="nanoseconds">How long.</param>
    public void Skip(ulong nanoseconds) => _skipped += nanoseconds;

    /// <summary>Nanoseconds of processor time that this process has used.</summary>
    public static ulong ProcessorNanoseconds => (ulong)Environment.CpuUsage.TotalTime.Ticks * 100;
}
