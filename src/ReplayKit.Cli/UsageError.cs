using Guest.Machine;

namespace ReplayKit.Cli;

/// <summary>The command's own errors: the rows RK03xx of docs/errors.md.</summary>
internal static class UsageError
{
    /// <summary>The command line itself is wrong.</summary>
    public static ReplayKitException Wrong(string what) => new(301, ExitCode.WrongUsage, what);

    /// <summary>Two options cannot both hold.</summary>
    public static ReplayKitException Contradiction(string what) => new(302, ExitCode.WrongUsage, what);

    /// <summary>A file that an option names cannot be read.</summary>
    public static ReplayKitException NoFile(string path, string option, Exception? inner = null) =>
        new(303, ExitCode.BadInput, inner is null
            ? $"{path}: no such file; check the path of {option}"
            : $"{path}: cannot be read ({inner.Message.TrimEnd('.')}); check the path of {option}", inner);

    /// <summary>There is no recording where one was expected.</summary>
    public static ReplayKitException NoRecording(string what) => new(304, ExitCode.BadInput, what);

    /// <summary>A text is no position.</summary>
    public static ReplayKitException NotAPosition(string text) => new(
        305, ExitCode.WrongUsage, $"'{text}' is not a position; write 0:hex (0:5f2c119a), an instruction count, cpuN:hex, a percentage (50%), start, end or an event (console-input:2)");

    /// <summary>A position that the recording does not reach.</summary>
    public static ReplayKitException OutsideTheRecording(string text, Position start, Position end) => new(306, ExitCode.WrongUsage, start.Retired == 0
        ? $"{text} lies behind the end of the recording, {end} ({end.Retired} instructions)"
        : $"{text} lies outside the recording, which goes from {start} to {end}");

    /// <summary>An event that the recording does not have, or not so often.</summary>
    public static ReplayKitException NoSuchPlace(string text) => new(306, ExitCode.WrongUsage, $"the recording has no {text}; 'replaykit info' counts what it has");

    /// <summary>An output that would overwrite something.</summary>
    public static ReplayKitException Exists(string path) => new(
        307, ExitCode.WrongUsage, $"{path} exists already; give another name or remove it");

    /// <summary>A text is no memory size.</summary>
    public static ReplayKitException NotASize(string text) => new(
        308, ExitCode.WrongUsage, $"'{text}' is not a memory size; write a number of bytes or one with K, M or G, such as 512M");

    /// <summary>An unknown table of the trace.</summary>
    public static ReplayKitException NoTable(string name, string known) => new(
        309, ExitCode.WrongUsage, $"there is no table '{name}'; the tables are {known}");

    /// <summary>A text is no distance between checkpoints.</summary>
    public static ReplayKitException NotASpacing(string text) => new(
        330, ExitCode.WrongUsage, $"'{text}' is no distance between checkpoints; write a time (1.5s, 500ms) or a number of instructions");

    /// <summary>A number of vCPUs that no machine has.</summary>
    public static ReplayKitException TooManyVcpus(int count) => new(
        311, ExitCode.WrongUsage, $"{count} vCPUs are not possible; a machine has 1 to {Guest.Machine.Board.PcBoard.MaxCpus}");

    /// <summary>More devices than the PCI bus has slots.</summary>
    public static ReplayKitException TooManyDevices(int most) => new(
        315, ExitCode.WrongUsage, $"a machine has room for {most} disks, network and other devices altogether");

    /// <summary>A file that describes no machine.</summary>
    public static ReplayKitException NoMachine(string path, string why) => new(316, ExitCode.WrongUsage, $"{path} describes no machine: {why}");

    /// <summary>An output's folder cannot be made.</summary>
    public static ReplayKitException CannotWrite(string path, Exception inner) => new(
        312, ExitCode.HostCannot, $"{path} cannot be written: {inner.Message.TrimEnd('.')}", inner);

    /// <summary>A process that the guest does not have.</summary>
    public static ReplayKitException NoProcess(int pid) => new(
        314, ExitCode.WrongUsage, $"the guest has no process {pid} at this position; replaykit ps lists those it has");
}
