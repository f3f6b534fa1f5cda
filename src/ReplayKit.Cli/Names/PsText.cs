using System.Globalization;
using System.Text;

namespace ReplayKit.Cli.Names;

/// <summary>The answer of <c>ps</c> as text.</summary>
internal static class PsText
{
    /// <summary>Lines, each ended.</summary>
    public static string Of(PsAnswer answer)
    {
        StringBuilder text = new();
        foreach (PsTask task in Header(text, answer.Tasks, "    PID    TID   PPID S      START COMMAND"))
        {
            Line(text, $"{(task.Tid == answer.Current ? '*' : ' ')}{task.Pid,6} {task.Tid,6} {task.Ppid,6} {task.State} {task.StartedNs / 1e9,10:F3} {CommandOf(task)}");
        }

        foreach (PsArea area in answer.Maps ?? [])
        {
            Line(text, $"{area.Start}-{area.End} {area.Rights} {area.Offset:x8} {area.Device} {area.Inode,-10} {Printable(area.Name)}".TrimEnd());
        }

        foreach (PsFile file in Header(text, answer.Files, "  FD    FLAGS     OFFSET FILE"))
        {
            Line(text, $"{file.Fd,4} {Convert.ToString(file.Flags, 8).PadLeft(8, '0')} {file.Position,10} {Printable(file.Path)}");
        }

        foreach (PsModule module in Header(text, answer.Modules, "MODULE                   STATE         BYTES START"))
        {
            Line(text, $"{Printable(module.Name),-24} {module.State,-8} {module.Bytes,10} {module.Start}");
        }

        foreach (PsStack stack in answer.Stacks ?? [])
        {
            Line(text, $"{(stack.Tid == answer.Current ? '*' : ' ')}{stack.Tid,6} {Printable(stack.Name)}");
            foreach (PsFrame frame in stack.Frames)
            {
                Line(text, $"        {frame.Pc} {Printable(frame.Function)}{(frame.File is null ? string.Empty : $" ({Printable(frame.File)})")}{(frame.By == "frame-pointer" ? " by frame pointer" : string.Empty)}".TrimEnd());
            }

            if (stack.Missing is { } end)
            {
                Line(text, $"        incomplete: {end}");
            }
        }

        if (answer.Missing is { } why)
        {
            Line(text, answer.Kernel is null ? $"{why}" : $"incomplete: {why}");
        }

        return text.ToString();
    }

    private static IReadOnlyList<T> Header<T>(StringBuilder text, IReadOnlyList<T>? rows, string header)
    {
        if (rows is not null)
        {
            Line(text, $"{header}");
        }

        return rows ?? [];
    }

    private static string CommandOf(PsTask task) => Printable(task.CommandLine is { Count: > 0 } line ? string.Join(' ', line) : $"[{task.Name}]");

    // Names come from the guest: nothing of theirs steers the terminal.
    private static string Printable(string text) => string.Concat(text.Select(each => char.IsControl(each) ? '?' : each));

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
