using System.Collections.Immutable;
using System.Text;
using Guest.Machine;
using Replay.Log.Records;

namespace Replay.Log;

/// <summary>What a log holds, in numbers, and how it ends.</summary>
public sealed record LogSummary
{
    /// <summary>The records per kind, in ascending order of kind, every kind included.</summary>
    public required ImmutableArray<RecordCount> Records { get; init; }

    /// <summary>Bytes of all whole frames on disk.</summary>
    public required long LogBytes { get; init; }

    /// <summary>Where the recording ends: the end record's position, or the one its last whole frame is complete to.</summary>
    public required Position Last { get; init; }

    /// <summary>How it ends.</summary>
    public required LogEnding Ending { get; init; }

    /// <summary>The end record; null where the log is cut or damaged.</summary>
    public required End? End { get; init; }

    /// <summary>What is damaged and where; null where nothing is.</summary>
    public required string? Damage { get; init; }

    /// <summary>The last state hash and its position; null where there is none.</summary>
    public required (Position At, StateHash Hash)? LastStateHash { get; init; }

    /// <summary>The vendor of the recording host's processor, where the guest's results depend on it, and where that was noted; null where they do not.</summary>
    public required (Position At, string Name)? HostVendor { get; init; }

    /// <summary>Records of all kinds.</summary>
    public long RecordCount => Records.Sum(kind => kind.Count);

    /// <summary>One word for how the recording ended: the end record's reason, <c>cut</c> or <c>damaged</c>.</summary>
    public string Ended => Ending switch
    {
        LogEnding.Ended => End!.Value.Reason.Word(),
        LogEnding.Damaged => "damaged",
        _ => "cut",
    };

    /// <summary>Reads a log to its end and sums it up.</summary>
    /// <param name="log">Stands before the first record.</param>
    /// <exception cref="ReplayKitException">As <see cref="LogReader.Next"/>.</exception>
    public static LogSummary Of(LogReader log)
    {
        RecordKind[] kinds = [.. Enum.GetValues<RecordKind>().Where(kind => kind != RecordKind.None)];
        long[] counts = new long[kinds.Length];
        long[] bytes = new long[kinds.Length];
        (Position, StateHash)? lastStateHash = null;
        (Position, string)? hostVendor = null;
        while (log.Next())
        {
            int index = Array.IndexOf(kinds, log.Kind);
            counts[index]++;
            bytes[index] += log.RecordBytes;
            if (log.Kind == RecordKind.StateHash)
            {
                lastStateHash = (log.Position, log.Read<StateHash>());
            }
            else if (log.Kind == RecordKind.HostVendor)
            {
                hostVendor ??= (log.Position, Encoding.ASCII.GetString(log.Read<HostVendor>().Name));
            }
        }

        return new LogSummary
        {
            Records = [.. kinds.Select((kind, index) => new RecordCount(kind, counts[index], bytes[index]))],
            LogBytes = log.Bytes,
            Last = log.Last,
            Ending = log.Ending,
            End = log.End,
            Damage = log.Damage,
            LastStateHash = lastStateHash,
            HostVendor = hostVendor,
        };
    }
}
