using Guest.Machine.Board;
using Replay.Log;

namespace ReplayKit.Cli;

/// <summary>What <c>info</c> says about a recording; the names are those of its JSON in <c>snake_case</c>.</summary>
internal sealed record RecordingInfo
{
    /// <summary>The folder.</summary>
    public required string Recording { get; init; }

    /// <summary>Instructions that all vCPUs retired.</summary>
    public required ulong Instructions { get; init; }

    /// <summary>Number of vCPUs.</summary>
    public required int Vcpus { get; init; }

    /// <summary>Records in the log.</summary>
    public required long Records { get; init; }

    /// <summary>Records per kind.</summary>
    public required IReadOnlyDictionary<string, long> RecordsByKind { get; init; }

    /// <summary>Bytes of the log on disk.</summary>
    public required long LogBytes { get; init; }

    /// <summary>Bytes of the console text.</summary>
    public required long ConsoleBytes { get; init; }

    /// <summary>How the recording ended, in one word.</summary>
    public required string Ended { get; init; }

    /// <summary>What else there is to say about its end; null for nothing.</summary>
    public required string? EndedDetail { get; init; }

    /// <summary>Its first position.</summary>
    public required string Start { get; init; }

    /// <summary>The recording from whose state it goes on: the SHA-256 of that one's manifest; null for none.</summary>
    public required string? Parent { get; init; }

    /// <summary>Whether its oldest part is dropped as it grows.</summary>
    public required bool Rolling { get; init; }

    /// <summary>Its last position.</summary>
    public required string End { get; init; }

    /// <summary>The last state hash, 32 hexadecimal digits; null where there is none.</summary>
    public required string? StateHash { get; init; }

    /// <summary>The position of that hash; null where there is none.</summary>
    public required string? StateHashAt { get; init; }

    /// <summary>What is damaged and where; null where nothing is.</summary>
    public required string? Damage { get; init; }

    /// <summary>The CPU model.</summary>
    public required string Cpu { get; init; }

    /// <summary>Bytes of the guest's RAM.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary><c>host</c> or <c>virtual</c>.</summary>
    public required string Clock { get; init; }

    /// <summary>Its checkpoints.</summary>
    public required CheckpointsInfo Checkpoints { get; init; }

    /// <summary>Version of the recording's format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>The program that made it.</summary>
    public required string WrittenBy { get; init; }

    /// <summary>Puts together what a recording's manifest and log say.</summary>
    public static RecordingInfo Of(RecordingFolder folder, LogSummary log) => new()
    {
        Recording = folder.Path,
        Instructions = log.Last.Retired - folder.Start.Retired,
        Start = folder.Start.ToString(),
        Parent = folder.Manifest.Start?.Parent,
        Rolling = folder.Manifest.Rolling,
        Vcpus = folder.Manifest.Machine.Vcpus,
        Records = log.RecordCount,
        RecordsByKind = log.Records.Where(kind => kind.Count > 0).ToDictionary(kind => RecordText.Name(kind.Kind), kind => kind.Count),
        LogBytes = log.LogBytes,
        ConsoleBytes = File.Exists(folder.ConsolePath) ? new FileInfo(folder.ConsolePath).Length : 0,
        Ended = log.Ended,
        EndedDetail = log.End?.Detail,
        End = log.Last.ToString(),
        StateHash = log.LastStateHash is { } last ? last.Hash.Combined().ToString() : null,
        StateHashAt = log.LastStateHash?.At.ToString(),
        Damage = log.Damage,
        Cpu = folder.Manifest.Machine.CpuModel,
        MemoryBytes = folder.Manifest.Machine.MemoryBytes,
        Clock = folder.Manifest.Machine.ClockMode == ClockMode.Virtual ? "virtual" : "host",
        Checkpoints = CheckpointsInfo.Of(folder),
        FormatVersion = folder.Manifest.Version,
        WrittenBy = folder.Manifest.WrittenBy,
    };
}
