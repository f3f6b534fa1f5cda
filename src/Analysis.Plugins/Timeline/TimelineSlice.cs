namespace Analysis.Plugins.Timeline;

/// <summary>A time in which a vCPU ran one thread.</summary>
/// <param name="Vcpu">The vCPU.</param>
/// <param name="Thread">The thread, as it was called at the end.</param>
/// <param name="FromOrder">Where it began.</param>
/// <param name="ToOrder">Where it ended.</param>
/// <param name="FromTime">When it began, in nanoseconds.</param>
/// <param name="ToTime">When it ended.</param>
/// <param name="Ending">Why: what the thread did next, as <c>ps</c> prints it; R where it could have run on; '-' where the watching ended.</param>
internal sealed record TimelineSlice(int Vcpu, ThreadName Thread, ulong FromOrder, ulong ToOrder, ulong FromTime, ulong ToTime, char Ending)
{
    /// <summary>The slices between the switches, by vCPU and time.</summary>
    internal static IReadOnlyList<TimelineSlice> Of(IReadOnlyList<TimelineEvent> events, TimelineSpan span)
    {
        List<TimelineSlice> slices = [];
        for (int vcpu = 0; vcpu < span.Last.Length; vcpu++)
        {
            (ulong order, ulong time) = (span.FromOrder, span.FromTime);
            foreach (TimelineEvent each in events.Where(each => each.Kind == TimelineKind.Switch && each.Vcpu == vcpu))
            {
                slices.Add(new TimelineSlice(vcpu, each.Running, order, each.Order, time, each.Time, each.Running.State));
                (order, time) = (each.Order, each.Time);
            }

            if (span.Last[vcpu] is { } last)
            {
                slices.Add(new TimelineSlice(vcpu, last, order, span.ToOrder, time, span.ToTime, '-'));
            }
        }

        return slices;
    }
}
