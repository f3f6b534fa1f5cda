using System.CommandLine;
using Replay.Log;
using Vmm.Record;

namespace ReplayKit.Cli.Arguments;

/// <summary>The options of <c>replay</c> that let the guest run on from a position.</summary>
internal sealed class LiveOptions
{
    private readonly Option<string?> liveFrom = new("--live-from")
    {
        Description = "Let the guest run on from this position, with live inputs, into a new recording that begins there and names this one as its parent.",
        HelpName = "P",
    };

    private readonly Option<string?> output = new("--output", "-o") { Description = "With --live-from: the new recording's folder.", HelpName = "DIR" };
    private readonly Option<string[]> net = new("--net") { Description = "With --live-from: what is behind the machine's network devices, in their order; without, nobody.", HelpName = "KIND[,...]" };
    private readonly Option<bool> durable = new("--durable") { Description = "With --live-from: as with record." };
    private readonly Option<bool> unconfined = CommonOptions.Unconfined();
    private readonly Option<double?> seconds = new("--seconds") { Description = "With --live-from: end after this many seconds.", HelpName = "N" };
    private readonly Option<ulong?> instructions = new("--instructions") { Description = "With --live-from: end after this many instructions.", HelpName = "N" };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[liveFrom, output, net, durable, unconfined, seconds, instructions])
        {
            verb.Add(option);
        }
    }

    /// <summary>Reads and checks them.</summary>
    /// <returns>Null where the guest is not to run on.</returns>
    public GoLive? Read(ParseResult parsed, OpenRecording recording, string? capture)
    {
        if (parsed.GetValue(liveFrom) is not { } from)
        {
            bool others = parsed.GetValue(output) is not null || parsed.GetValue(net) is { Length: > 0 } || parsed.GetValue(durable)
                || parsed.GetValue(seconds) is not null || parsed.GetValue(instructions) is not null;
            return others ? throw UsageError.Contradiction("--output, --net, --durable, --seconds and --instructions need --live-from: a replay alone runs nothing") : null;
        }

        return new GoLive(recording.Folder, PositionText.Parse(from).In(recording.Places))
        {
            Networks = [.. (parsed.GetValue(net) ?? []).Select(NetText.Parse)],
            Limits = new RunLimits(parsed.GetValue(seconds) is { } time ? MachineOptions.Time(time) : null, parsed.GetValue(instructions)),
            Log = LogOptions.Default with { Durable = parsed.GetValue(durable) },
            Capture = capture,
            Engine = recording.Engine,
            Unconfined = parsed.GetValue(unconfined),
        };
    }

    /// <summary>Whether the process keeps its rights.</summary>
    public bool IsUnconfined(ParseResult parsed) => parsed.GetValue(unconfined);

    /// <summary>The new recording's folder.</summary>
    public string Output(ParseResult parsed) => parsed.GetValue(output) ?? Recordings.NewName(DateTime.Now);
}
