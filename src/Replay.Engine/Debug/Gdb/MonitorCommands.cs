using System.Globalization;
using System.Text;
using Guest.Linux.Tasks;
using Guest.Machine;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The commands behind gdb's <c>monitor</c>: time, and what the guest knows.</summary>
internal sealed class MonitorCommands
{
    private const int MostWrites = 1000;
    private readonly DebuggedReplay _replay;
    private readonly GuestView _guest;
    private readonly ProcessFilter _process;
    private readonly Func<string, Position> _places;
    private readonly SortedDictionary<string, Moment> _bookmarks = new(StringComparer.Ordinal);
    private readonly MonitorCommand[] _commands;

    internal MonitorCommands(DebuggedReplay replay, GuestView guest, ProcessFilter process, ProcessFiles programs, Func<string, Position> places)
    {
        _process = process;
        _replay = replay;
        _guest = guest;
        _places = places;
        _commands =
        [
            new("when", "", "says where in the recording this is", _ => When()),
            new("goto", "PLACE", "goes to a moment (0:5f2c119a+1), an instruction count, a percentage, start, end, an event such as console-input:2, or a checkpoint by its name; then 'maintenance flush register-cache'", GoTo),
            new("restart", "", "goes to the recording's start", _ => GoTo("start")),
            new("checkpoint", "[NAME]", "gives this moment a name for goto; lists the names", Bookmark),
            new("who-wrote", "[ram] ADDRESS[/BYTES]", "says which instruction wrote these bytes last before now; ram: the bytes of RAM that are there now, by whatever mapping, devices too", text => List(text, isBefore: true, 1)),
            new("history", "of [ram] ADDRESS[/BYTES]", "lists all writes to these bytes in the whole recording, the last thousand of them", text => List(text.StartsWith("of ", StringComparison.Ordinal) ? text[3..] : text, isBefore: false, MostWrites)),
            new("process", "[PID|NAME|any]", "lets breakpoints and watchpoints count in this process only", Process),
            new("symbols", "", "prints gdb's commands for the symbols of the process's program and libraries", _ => programs.Commands()),
            new("console", "", "prints what the guest had printed by now", _ => Console()),
            new("ps", "", "lists the guest's processes", _ => Processes()),
            new("translate", "ADDRESS", "says where an address stands in guest-physical memory", Translate),
            new("xp", "ADDRESS BYTES", "prints guest-physical memory", Physical),
            new("go-live", "[FOLDER]", "prints the command by which the guest runs on from here as a live machine, recorded into a new folder", GoLive),
        ];
    }

    /// <summary>Runs a line.</summary>
    /// <returns>Lines, each ended.</returns>
    internal string Run(string line)
    {
        string[] words = line.Trim().Split(' ', 2, StringSplitOptions.TrimEntries);
        MonitorCommand? command = _commands.FirstOrDefault(command => command.Name == words[0]);
        return command is null ? Help() : command.Run(words.Length > 1 ? words[1] : "");
    }

    private string Help()
    {
        StringBuilder text = new();
        foreach (MonitorCommand command in _commands)
        {
            text.Append($"monitor {command.Name} {command.Arguments}".PadRight(36)).Append(' ').Append(command.Help).Append('\n');
        }

        return text.ToString();
    }

    private string When()
    {
        Moment now = _replay.Now;
        string task = _guest.CurrentTaskName();
        string end = _replay.IsAtEnd ? ", the end of the recording" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"{now}, {now.Retired} instructions{end}: {_guest.Describe(_replay.Cpu.LinearPc)}{(task.Length > 0 ? $" in {task}" : "")}\n");
    }

    private string GoTo(string place)
    {
        if (_bookmarks.TryGetValue(place, out Moment moment) || Moment.TryParse(place, out moment))
        {
            _replay.GoTo(moment);
        }
        else
        {
            _replay.GoTo(new Moment(_places(place).Retired));
        }

        return When();
    }

    // What is due at this position already happens in the live machine as it did here, before anything new.
    private string GoLive(string folder) => string.Create(
        CultureInfo.InvariantCulture,
        $"replaykit replay {Quoted(Path.GetFullPath(_replay.Path))} --live-from 0:{_replay.Now.Retired:x}{(folder.Length > 0 ? $" -o {Quoted(folder)}" : "")}\n");

    // For a shell.
    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private string Bookmark(string name)
    {
        if (name.Length > 0)
        {
            _bookmarks[name] = _replay.Now;
        }

        return string.Concat(_bookmarks.Select(pair => $"{pair.Key} {pair.Value}\n"));
    }

    private string Process(string text)
    {
        if (text.Length > 0)
        {
            _process.Choose(text);
        }

        return $"{_process}\n";
    }

    private string List(string text, bool isBefore, int most)
    {
        if (text.StartsWith("ram ", StringComparison.Ordinal))
        {
            return ListRam(text[4..], isBefore, most);
        }

        if (!TryRange(text, out Watchpoint point))
        {
            return $"'{text}' is no address; write 0xffffffff81000000/8, or a name of the kernel's such as jiffies_64/8\n";
        }

        StringBuilder lines = new();
        IReadOnlyList<SeenWrite> writes = _replay.Writes(point, isBefore, most, _process.ToConditions());
        foreach (SeenWrite write in writes)
        {
            string value = write.Value.ToString("x" + (2 * write.Size).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            lines.Append(CultureInfo.InvariantCulture, $"{write.At}  {_guest.Describe(write.Pc.Value)}  wrote 0x{value} to 0x{write.Address.Value:x}\n");
        }

        return writes.Count == 0 ? "nobody has written there\n" : lines.ToString();
    }

    // Of the RAM that stands behind an address now.
    private string ListRam(string text, bool isBefore, int most)
    {
        const int PageBytes = 0x1000;
        if (!TryRange(text, out Watchpoint point) || !_replay.Cpu.TryTranslate(point.Address, out GuestPhysical physical)
            || (physical.Value & (PageBytes - 1)) + point.Length > PageBytes || !_guest.TryReadPhysical(physical.Value, new byte[point.Length]))
        {
            return $"'{text}' is no address behind which RAM stands now, all of it in one page\n";
        }

        StringBuilder lines = new();
        IReadOnlyList<SeenRamWrite> writes = _replay.WritesToRam(physical, point.Length, isBefore, most);
        foreach (SeenRamWrite write in writes)
        {
            string value = write.Value.ToString("x" + (2 * write.Size).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            lines.Append(CultureInfo.InvariantCulture, $"{write.At}  {(write.Pc is { } pc ? _guest.Describe(pc.Value) : "a device")}  wrote 0x{value} to RAM at 0x{write.Address.Value:x}\n");
        }

        return writes.Count == 0 ? "nobody has written there\n" : lines.ToString();
    }

    private string Console()
    {
        ulong count = _replay.Machine.Output.Count;
        string path = _replay.ConsoleLog;
        if (!File.Exists(path))
        {
            return "this recording keeps no console text\n";
        }

        byte[] text = new byte[Math.Min(count, (ulong)new FileInfo(path).Length)];
        using FileStream file = File.OpenRead(path);
        file.ReadExactly(text);
        return Encoding.UTF8.GetString(text);
    }

    private string Processes()
    {
        if (_guest.Kernel is not { } kernel)
        {
            return "no Linux kernel runs yet\n";
        }

        StringBuilder lines = new("    PID    TID   PPID S COMMAND\n");
        foreach (GuestTask task in kernel.Tasks.Processes().Items)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{task.Pid,7}{task.Tid,7}{task.ParentPid,7} {task.State.Letter()} {GuestView.Printable(task.Name)}\n");
        }

        return lines.ToString();
    }

    private string Translate(string text) => !TryRange(text, out Watchpoint point) ? "that is no address\n"
        : _replay.Cpu.TryTranslate(point.Address, out GuestPhysical physical) ? string.Create(CultureInfo.InvariantCulture, $"0x{physical.Value:x}\n") : "nothing is mapped there\n";

    private string Physical(string text)
    {
        const ulong MostBytes = 0x1000, BytesPerLine = 16;
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var at, ..] || !TryNumber(at, out ulong address) || (words.Length > 1 ? !TryNumber(words[1], out ulong count) : (count = BytesPerLine) == 0))
        {
            return "write an address and a number of bytes\n";
        }

        byte[] bytes = new byte[Math.Min(count, MostBytes)];
        return !_guest.TryReadPhysical(address, bytes) ? "that is not RAM\n"
            : string.Concat(bytes.Chunk((int)BytesPerLine).Select((line, i) => string.Create(CultureInfo.InvariantCulture, $"0x{address + ((ulong)i * BytesPerLine):x}: {Hex.Of(line)}\n")));
    }

    // ADDRESS or SYMBOL, with +OFFSET and /BYTES behind it.
    private bool TryRange(string text, out Watchpoint point)
    {
        string[] parts = text.Trim().Split('/');
        string[] sum = parts[0].Split('+');
        ulong length = 8, offset = 0;
        bool isRange = parts.Length <= 2 && sum.Length <= 2
            && (parts.Length == 1 || (TryNumber(parts[1], out length) && length is > 0 and <= 0x10000))
            && (sum.Length == 1 || TryNumber(sum[1], out offset));
        ulong address = 0;
        if (isRange && !TryNumber(sum[0], out address))
        {
            KernelAddress(sum[0], out isRange, out address);
        }

        point = new Watchpoint(new GuestVirtual(unchecked(address + offset)), length, WatchKind.Write);
        return isRange;
    }

    private void KernelAddress(string name, out bool isKnown, out ulong address)
    {
        GuestVirtual? found = _guest.Kernel?.Symbols.Find(name)?.Address;
        isKnown = found is not null;
        address = found?.Value ?? 0;
    }

    private static bool TryNumber(string text, out ulong number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? Hex.TryNumber(text.AsSpan(2), out number)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
