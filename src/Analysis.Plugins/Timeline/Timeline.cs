using Replay.Engine.Observe;

namespace Analysis.Plugins.Timeline;

/// <summary>Shows which thread each vCPU ran when, and who woke, made, renamed and ended threads, as rows and as a trace that Perfetto opens.</summary>
public sealed class Timeline : ISegmentedPlugin<Timeline>
{
    private static readonly string[] s_kinds = ["switch", "wakeup", "fork", "rename", "exit"];
    private readonly KeptList<TimelineEvent> _events = new((writer, each) => each.Save(writer), TimelineEvent.Load);
    private readonly TimelineSpan _span = new();

    /// <inheritdoc/>
    public static string Name => "timeline";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Keep(_events);
        on.Keep(_span);
        if (on.Guest is not null)
        {
            _span.Begin(on.Guest);
        }

        new TimelineWatch(on.Guest!, _events.Add).Subscribe(on);
        on.Ended(guest =>
        {
            RequiredSymbols.Check(guest, "__switch_to", "try_to_wake_up", "wake_up_new_task", "__set_task_comm", "do_exit");
            _span.End(guest);
        });
    }

    /// <inheritdoc/>
    public void Append(Timeline next)
    {
        _events.Append(next._events);
        _span.Append(next._span);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        IReadOnlyList<TimelineSlice> slices = TimelineSlice.Of(_events.Items, _span);
        foreach (TimelineSlice slice in slices)
        {
            report.Row(
                ("vcpu", slice.Vcpu),
                ("pid", slice.Thread.Pid),
                ("tid", slice.Thread.Tid),
                ("thread", slice.Thread.Tid == 0 ? "(idle)" : slice.Thread.Name),
                ("from_order", slice.FromOrder),
                ("to_order", slice.ToOrder),
                ("from_ns", slice.FromTime),
                ("duration_ns", slice.ToTime - slice.FromTime),
                ("next", slice.Ending.ToString()));
        }

        IReportTable events = report.Table("events");
        foreach (TimelineEvent each in _events.Items.Where(each => each.Kind != TimelineKind.Switch))
        {
            events.Row(
                ("order", each.Order),
                ("time_ns", each.Time),
                ("vcpu", each.Vcpu),
                ("kind", s_kinds[(int)each.Kind]),
                ("pid", each.Other.Pid),
                ("tid", each.Other.Tid),
                ("thread", each.Other.Name),
                ("by_pid", each.Running.Pid),
                ("by_tid", each.Running.Tid),
                ("by_thread", each.Running.Name));
        }

        report.File("timeline.json", stream => TimelineTrace.Write(stream, slices, _events.Items));
    }
}
