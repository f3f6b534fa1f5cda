using System.Globalization;
using Guest.Linux.Tasks;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The process of the guest that breakpoints and watchpoints are about; at first all of them.</summary>
/// <param name="guest">The guest.</param>
internal sealed class ProcessFilter(GuestView guest)
{
    private string _name = "";
    private int? _pid;

    /// <summary>Chooses a process by its number or its name; <c>any</c> for all.</summary>
    internal void Choose(string text)
    {
        _pid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : null;
        _name = _pid is null && text != "any" ? text : "";
    }

    /// <summary>What is chosen, in words.</summary>
    public override string ToString() => _pid is { } pid ? $"process {pid}" : _name.Length > 0 ? $"processes called {_name}" : "all processes";

    /// <summary>What decides whether a stop counts; null where every one does.</summary>
    internal Func<Vcpu, bool>? Condition => _pid is null && _name.Length == 0 ? null : _ => IsChosen(guest.CurrentTask());

    /// <summary>Whether a task is of the chosen process.</summary>
    internal bool IsChosen(GuestTask? task) => task is not null && (_pid is { } pid ? task.Pid == pid : task.Name == _name);
}
