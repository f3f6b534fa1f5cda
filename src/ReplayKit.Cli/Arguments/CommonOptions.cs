using System.CommandLine;
using Guest.Machine.Board;

namespace ReplayKit.Cli.Arguments;

/// <summary>Arguments and options that several verbs share, so that they read the same everywhere.</summary>
internal static class CommonOptions
{
    private const int MostJobs = 256;

    /// <summary>The recording to read.</summary>
    public static Argument<string> Recording() => new("REC") { Description = "The recording: its folder, or 'latest' for the newest one." };

    /// <summary>Machine-readable output.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    /// <summary>How many pieces of a recording are replayed side by side.</summary>
    public static Option<int> Jobs() => new("--jobs") { Description = "Pieces to replay side by side.", HelpName = "N", DefaultValueFactory = _ => 1 };

    /// <summary>Checks the number of jobs.</summary>
    public static int ReadJobs(int jobs) => jobs is >= 1 and <= MostJobs ? jobs : throw UsageError.Wrong($"--jobs takes a number from 1 to {MostJobs}");

    /// <summary>What executes the guest's instructions.</summary>
    public static Option<string> Engine()
    {
        Option<string> engine = new("--engine")
        {
            Description = "What executes the guest's instructions: the translator, or the interpreter, which is the reference. The guest cannot tell.",
            DefaultValueFactory = _ => "translator",
        };
        engine.AcceptOnlyFromAmong("translator", "interpreter");
        return engine;
    }

    /// <summary>Reads the choice of the engine.</summary>
    public static EngineOptions ReadEngine(string engine) =>
        EngineOptions.Default with { Kind = engine == "interpreter" ? EngineKind.Interpreter : EngineKind.Translator };

    /// <summary>Whether the translator's statistics are printed.</summary>
    public static Option<bool> Statistics() => new("--statistics")
    {
        Description = "At the end, say on standard error how often translated code came back and for what, and which instructions the interpreter executed instead.",
    };

    /// <summary>Whether a damaged recording is used up to its damage.</summary>
    public static Option<bool> UpToDamage() => new("--up-to-damage") { Description = "Use what is before the damage of a damaged recording." };

    /// <summary>Where the frames of network devices are written.</summary>
    public static Option<string?> Capture() => new("--capture")
    {
        Description = "Write the frames that pass the network devices as pcap, by the machine's own time: the same bytes in every replay.",
        HelpName = "FILE",
    };

    /// <summary>Where to begin.</summary>
    public static Option<string> From() => new("--from")
    {
        Description = "Begin at this position: 0:hex, an instruction count, a percentage, 'start', 'end' or an event such as console-input:2.",
        HelpName = "P",
        DefaultValueFactory = _ => "start",
    };

    /// <summary>Where to end.</summary>
    public static Option<string> To() => new("--to")
    {
        Description = "End at this position.",
        HelpName = "P",
        DefaultValueFactory = _ => "end",
    };

    /// <summary><c>--unconfined</c>.</summary>
    public static Option<bool> Unconfined() => new("--unconfined") { Description = "Let this process keep the right to open files and start programs while the machine runs (docs/security.md)." };
}
