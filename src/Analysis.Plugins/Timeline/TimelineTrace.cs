using System.Globalization;
using System.Text.Json;

namespace Analysis.Plugins.Timeline;

/// <summary>Writes a timeline in the Trace Event Format, which Perfetto and Chrome open: a track for each vCPU, and one for each thread below its process.</summary>
internal sealed class TimelineTrace : IDisposable
{
    // Processes of the guest have numbers below 2^22 (PID_MAX_LIMIT).
    private const int CpuTracks = 1 << 22;
    private readonly Utf8JsonWriter _json;
    private readonly HashSet<(int Pid, int Tid)> _named = [];

    private TimelineTrace(Stream stream) => _json = new Utf8JsonWriter(stream);

    /// <summary>Writes one.</summary>
    internal static void Write(Stream stream, IEnumerable<TimelineSlice> slices, IEnumerable<TimelineEvent> events)
    {
        using TimelineTrace trace = new(stream);
        trace._json.WriteStartObject();
        trace._json.WriteString("displayTimeUnit", "ns");
        trace._json.WriteStartArray("traceEvents");
        trace.Name("process_name", CpuTracks, 0, "vCPUs");
        foreach (TimelineSlice slice in slices)
        {
            trace.Add(slice);
        }

        foreach (TimelineEvent each in events.Where(each => each.Kind != TimelineKind.Switch))
        {
            trace.Add(each);
        }

        trace._json.WriteEndArray();
        trace._json.WriteEndObject();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Add(TimelineSlice slice)
    {
        if (_named.Add((CpuTracks, slice.Vcpu)))
        {
            Name("thread_name", CpuTracks, slice.Vcpu, $"vCPU {slice.Vcpu}");
        }

        if (slice.Thread.Tid == 0)
        {
            return;
        }

        NameThread(slice.Thread);
        Slice(slice, CpuTracks, slice.Vcpu, $"{slice.Thread.Name} {slice.Thread.Tid}");
        Slice(slice, slice.Thread.Pid, slice.Thread.Tid, $"on vCPU {slice.Vcpu}");
    }

    private void Slice(TimelineSlice slice, int pid, int tid, string name)
    {
        Begin("X", name, pid, tid, slice.FromTime);
        Time("dur", slice.ToTime - slice.FromTime);
        _json.WriteStartObject("args");
        _json.WriteNumber("from", slice.FromOrder);
        _json.WriteNumber("to", slice.ToOrder);
        _json.WriteString("next", slice.Ending.ToString());
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void Add(TimelineEvent each)
    {
        NameThread(each.Other);
        string name = each.Kind switch
        {
            TimelineKind.Wakeup => $"woken by {each.Running.Name} {each.Running.Tid}",
            TimelineKind.Fork => $"made by {each.Running.Name} {each.Running.Tid}",
            TimelineKind.Rename => $"is now {each.Other.Name}",
            _ => "exits",
        };
        Begin("i", name, each.Other.Pid, each.Other.Tid, each.Time);
        _json.WriteString("s", "t");
        _json.WriteStartObject("args");
        _json.WriteNumber("order", each.Order);
        _json.WriteNumber("vcpu", each.Vcpu);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void Begin(string phase, string name, int pid, int tid, ulong time)
    {
        _json.WriteStartObject();
        _json.WriteString("ph", phase);
        _json.WriteString("cat", "sched");
        _json.WriteString("name", name);
        _json.WriteNumber("pid", pid);
        _json.WriteNumber("tid", tid);
        Time("ts", time);
    }

    // Microseconds, with the nanoseconds behind the point.
    private void Time(string name, ulong nanoseconds)
    {
        _json.WritePropertyName(name);
        _json.WriteRawValue(string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1000}.{nanoseconds % 1000:d3}"));
    }

    private void NameThread(ThreadName thread)
    {
        if (thread.Tid != 0 && _named.Add((thread.Pid, thread.Tid)))
        {
            if (thread.Pid == thread.Tid)
            {
                Name("process_name", thread.Pid, thread.Tid, thread.Name);
            }

            Name("thread_name", thread.Pid, thread.Tid, thread.Name);
        }
    }

    private void Name(string what, int pid, int tid, string name)
    {
        _json.WriteStartObject();
        _json.WriteString("ph", "M");
        _json.WriteString("name", what);
        _json.WriteNumber("pid", pid);
        _json.WriteNumber("tid", tid);
        _json.WriteStartObject("args");
        _json.WriteString("name", name);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }
}
