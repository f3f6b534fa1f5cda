using System.Globalization;
using System.Text.RegularExpressions;

namespace ReplayKit.Tests.Names;

/// <summary>What the guest's trace says about its tasks at one time. Move it forward only.</summary>
/// <remarks>
/// A trace line is written some thousand instructions before or after what it announces. Until <see cref="Slack"/> has passed, both what was
/// before and what comes after agree with it.
/// </remarks>
public sealed partial class GuestMoment
{
    /// <summary>Ticks within which a change that was announced has happened.</summary>
    public const ulong Slack = 30_000;

    private const uint CloneThread = 0x1_0000;
    private readonly IReadOnlyList<GuestEvent> _events;
    private readonly Dictionary<int, Known> _tasks = [];
    private readonly ulong _start;
    private int _next;

    public GuestMoment(GuestTruth truth)
    {
        _events = truth.Events;
        _start = truth.Start;
        foreach ((int pid, string name, _, int parent) in truth.Stats)
        {
            _tasks[pid] = new Known { Pid = pid, ParentPid = parent, Name = name, OldName = name, IsOfProc = true };
        }

        _tasks[0] = new Known { Name = "swapper/0", OldName = "swapper/0" };
    }

    /// <summary>The time.</summary>
    public ulong Time { get; private set; }

    /// <summary>Threads that run at this time, by the trace: one, or two within the slack of a switch. Empty before the first switch.</summary>
    public IReadOnlyList<int> Running { get; private set; } = [];

    /// <summary>When the last switch was announced.</summary>
    public ulong LastSwitch { get; private set; }

    /// <summary>Threads that were announced and have not said that they end.</summary>
    public IEnumerable<int> Alive => _tasks.Where(task => task.Key != 0 && !task.Value.HasEnded).Select(task => task.Key);

    /// <summary>Moves on to a time.</summary>
    public void MoveTo(ulong time)
    {
        Time = time;
        while (_next < _events.Count && _events[_next].Time <= time)
        {
            Take(_events[_next++]);
        }

        if (Running.Count == 2 && time - LastSwitch > Slack)
        {
            Running = [Running[1]];
        }
    }

    /// <summary>Whether the trace announces a thread within the slack from now on: it may be there already.</summary>
    public bool IsAboutToStart(int tid) => _events.Skip(_next).TakeWhile(each => each.Time < Time + Slack)
        .Any(each => NewTask().Match(each.Text) is { Success: true } match && Number(match, 1) == tid);

    /// <summary>What is known of a thread; null where the trace has not named it.</summary>
    public Known? Of(int tid) => _tasks.GetValueOrDefault(tid);

    /// <summary>The names that a thread may have now.</summary>
    public IReadOnlyList<string> NamesOf(int tid)
    {
        Known known = _tasks[tid];
        string? soon = _events.Skip(_next).TakeWhile(each => each.Time < Time + Slack).Where(each => each.Tid == tid).Select(each => Rename().Match(each.Text))
            .FirstOrDefault(match => match.Success)?.Groups[1].Value;
        List<string> names = [known.Name];
        if (Time - known.Renamed <= Slack)
        {
            names.Add(known.OldName);
        }

        if (soon is not null)
        {
            names.Add(soon);
        }

        return names;
    }

    /// <summary>
    /// Whether a thread may be called so now. /proc adds to the names of kernel threads what they work on, and what their own name has no room for; while a new name is copied,
    /// its beginning is there.
    /// </summary>
    public bool MayBeCalled(int tid, string name)
    {
        IReadOnlyList<string> names = NamesOf(tid);
        bool mayBePart = (names.Count > 1 && name.Length > 0) || (_tasks[tid].IsOfProc && name.Length > 3);
        return names.Any(each => each == name || (mayBePart && each.StartsWith(name, StringComparison.Ordinal)));
    }

    private void Take(GuestEvent each)
    {
        if (Switch().Match(each.Text) is { Success: true } match)
        {
            Running = [Number(match, 1), Number(match, 2)];
            LastSwitch = each.Time;
        }
        else if (NewTask().Match(each.Text) is { Success: true } start)
        {
            if (_tasks.GetValueOrDefault(each.Tid) is not { } parent || (each.Time < _start && _tasks.ContainsKey(Number(start, 1))))
            {
                _ = each.Time < _start ? true : throw new InvalidOperationException($"the trace has not named {each.Tid}: {each.Text}");
                return;
            }

            uint flags = uint.Parse(start.Groups[3].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            bool isThread = (flags & CloneThread) != 0;
            int tid = Number(start, 1);
            string name = start.Groups[2].Value;
            _tasks[tid] = new Known { Pid = isThread ? parent.Pid : tid, ParentPid = isThread ? parent.ParentPid : parent.Pid, Name = name, OldName = name };
        }
        else if (Rename().Match(each.Text) is { Success: true } rename)
        {
            if (each.Time < _start)
            {
                return;
            }

            Known known = _tasks[each.Tid];
            (known.OldName, known.Name, known.Renamed) = (known.Name, rename.Groups[1].Value, each.Time);
        }
        else if (Exit().Match(each.Text) is { Success: true } exit)
        {
            if (_tasks.TryGetValue(Number(exit, 1), out Known? known))
            {
                known.HasEnded = true;
            }
        }
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^sched_switch: .* prev_pid=(\d+) .* next_pid=(\d+) ")]
    private static partial Regex Switch();

    [GeneratedRegex(@"^task_newtask: pid=(\d+) comm=(.*) clone_flags=(\S+) ")]
    private static partial Regex NewTask();

    [GeneratedRegex(@"^task_rename: .*newcomm=(.*) oom_score_adj=")]
    private static partial Regex Rename();

    [GeneratedRegex(@"^sched_process_exit: .*pid=(\d+) ")]
    private static partial Regex Exit();

    /// <summary>A thread by what the trace says of it.</summary>
    public sealed class Known
    {
        /// <summary>Its process.</summary>
        public int Pid { get; init; }

        /// <summary>Its parent.</summary>
        public int ParentPid { get; init; }

        /// <summary>Its name.</summary>
        public string Name { get; set; } = string.Empty;

        /// <summary>Its name before the last change.</summary>
        public string OldName { get; set; } = string.Empty;

        /// <summary>Whether its name is the one that /proc printed.</summary>
        public bool IsOfProc { get; init; }

        /// <summary>When it changed.</summary>
        public ulong Renamed { get; set; }

        /// <summary>Whether it has said that it ends.</summary>
        public bool HasEnded { get; set; }
    }
}
