using Guest.Machine;
using Replay.Engine.Observe;

namespace Analysis.Plugins.WorkingSet;

/// <summary>Shows how many pages of memory the guest used over time, and which pages of data and code were used most.</summary>
public sealed class WorkingSet : ISegmentedPlugin<WorkingSet>
{
    private readonly PageUses _pages = new();
    private readonly Counts<ExecutedCode> _code = new();
    private readonly KeptList<Interval> _intervals = new((writer, each) => each.Save(writer), Interval.Load);
    private readonly ulong _length;
    private readonly int _top;

    /// <summary>Makes it.</summary>
    /// <param name="interval">Instructions for which the pages are counted together.</param>
    /// <param name="top">How many of the most used pages are listed.</param>
    public WorkingSet(int interval = 10_000_000, int top = 1000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        (_length, _top) = ((ulong)interval, top);
    }

    /// <inheritdoc/>
    public static string Name => "working-set";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Keep(_pages);
        on.Keep(_intervals);
        on.CodeExecuted(_code);
        on.Accesses(Take);
    }

    /// <inheritdoc/>
    public void Append(WorkingSet next)
    {
        _pages.Append(next._pages);
        _code.Add(next._code);
        foreach (Interval each in next._intervals.Items)
        {
            if (_intervals.Items is [.., { } last] && last.Number == each.Number)
            {
                last.Append(each);
            }
            else
            {
                _intervals.Add(each);
            }
        }
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        foreach (Interval each in _intervals.Items)
        {
            report.Row(("from_order", each.Number * _length), ("pages_touched", each.Touched), ("pages_read", each.Read), ("pages_written", each.Written));
        }

        IReportTable pages = report.Table("pages");
        foreach ((ulong number, PageUse use) in _pages.Sorted.OrderByDescending(page => page.Value.Reads + page.Value.Writes).Take(_top))
        {
            pages.Row(
                ("paddr", number << 12), ("vaddr", use.Linear), ("reads", use.Reads), ("writes", use.Writes), ("first_order", use.First), ("last_order", use.Last));
        }

        IReportTable code = report.Table("code");
        foreach ((GuestPhysical space, ulong page, long count) in _code.Sorted().GroupBy(each => (each.Key.Owner.Space, Page: each.Key.Pc.Value >> 12))
            .Select(page => (page.Key.Space, page.Key.Page, Count: page.Sum(each => each.Value))).OrderByDescending(page => page.Count).ThenBy(page => page.Page).ThenBy(page => page.Space.Value).Take(_top))
        {
            code.Row(("asid", space), ("vaddr", page << 12), ("instructions", count));
        }
    }

    private void Take(ReadOnlySpan<AccessEvent> accesses)
    {
        foreach (ref readonly AccessEvent access in accesses)
        {
            _pages.Add(access);
            ulong number = access.Order / _length;
            if (_intervals.Items is not [.., { } last] || last.Number != number)
            {
                _intervals.Add(last = new Interval(number));
            }

            last.Add(access.Physical.Value >> 12, access.IsWrite);
        }
    }
}
