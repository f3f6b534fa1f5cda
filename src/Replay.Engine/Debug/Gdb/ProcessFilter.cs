using System.Globalization;
using Guest.Linux.Tasks;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The process of the guest that breakpoints and watchpoints are about; at first all of them.</summary>
/// <param name="guest">The guest.</param>
internal sealed class ProcessFilter(GuestView guest)
{
    /// <summary>Stands for all processes.</summary>
    internal const string Any = "any";

    private string _name = "";
    private int? _pid;

    /// <summary>Chooses a process by its number or its name; <c>any</c> for all.</summary>
    internal void Choose(string text)
    {
        _pid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : null;
        _name = _pid is null && text != Any ? text : "";
    }

    /// <summary>What is chosen, in words.</summary>
    public override string ToString() => _pid is { } pid ? $"process {pid}" : _name.Length > 0 ? $"processes called {_name}" : "all processes";

    /// <summary>Whether one was chosen.</summary>
    internal bool IsRestricted => _pid is not null || _name.Length > 0;

    /// <summary>What decides whether a stop counts; null where every one does.</summary>
    internal Func<Vcpu, bool>? Condition => IsRestricted ? cpu => IsChosen(guest.CurrentTask(cpu)) : null;

    /// <summary>Conditions without places: what counts, here and in other machines that replay the same.</summary>
    internal Conditions ToConditions() => IsRestricted
        ? new Conditions { Applies = Condition, AppliesIn = machine => new ProcessFilter(new GuestView(machine)) { _name = _name, _pid = _pid }.Condition! }
        : Conditions.None;

    /// <summary>Whether a task is of the chosen process. Threads may have names of their own; the process's is that of its first.</summary>
    internal bool IsChosen(GuestTask? task) => task is not null && (_pid is { } pid
        ? task.Pid == pid
        : task.Name == _name || (!task.IsLeader && _name.Length > 0 && guest.LeaderOf(task)?.Name == _name));

    /// <summary>The chosen process by its first thread, of several of that name the one that runs or else the oldest; null where there is none now, and where none was chosen.</summary>
    internal GuestTask? Find()
    {
        if (!IsRestricted)
        {
            return null;
        }

        GuestTask? current = guest.CurrentTask();
        return IsChosen(current) ? guest.LeaderOf(current!) : guest.Processes().FirstOrDefault(task => task.AddressSpace is not null && IsChosen(task));
    }
}
