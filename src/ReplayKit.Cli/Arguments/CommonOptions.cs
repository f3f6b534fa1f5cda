using System.CommandLine;

namespace ReplayKit.Cli.Arguments;

/// <summary>Arguments and options that several verbs share, so that they read the same everywhere.</summary>
internal static class CommonOptions
{
    /// <summary>The recording to read.</summary>
    public static Argument<string> Recording() => new("REC") { Description = "The recording: its folder, or 'latest' for the newest one." };

    /// <summary>Machine-readable output.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    /// <summary>Whether a damaged recording is used up to its damage.</summary>
    public static Option<bool> UpToDamage() => new("--up-to-damage") { Description = "Use what is before the damage of a damaged recording." };

    /// <summary>Where to begin.</summary>
    public static Option<string> From() => new("--from")
    {
        Description = "Begin at this position: vCPU:hex, an instruction count, a percentage or 'end'.",
        HelpName = "P",
        DefaultValueFactory = _ => "0",
    };

    /// <summary>Where to end.</summary>
    public static Option<string> To() => new("--to")
    {
        Description = "End at this position.",
        HelpName = "P",
        DefaultValueFactory = _ => "end",
    };
}
