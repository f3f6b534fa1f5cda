using System.Globalization;
using System.Text.Json.Nodes;
using Guest.Machine;
using Replay.Log;
using Replay.Log.Records;

namespace ReplayKit.Cli;

/// <summary>A record of a log as <c>dump</c> shows it.</summary>
internal static class RecordText
{
    /// <summary>The name of a kind of record, such as <c>time-anchor</c>.</summary>
    public static string Name(RecordKind kind) => kind switch
    {
        RecordKind.BootSeed => "boot-seed",
        RecordKind.ClockStart => "clock-start",
        RecordKind.TimeAnchor => "time-anchor",
        RecordKind.ConsoleInput => "console-input",
        RecordKind.StateHash => "state-hash",
        RecordKind.End => "end",
        RecordKind.HostVendor => "host-vendor",
        RecordKind.EntropyInput => "entropy-input",
        RecordKind.DiskAnswer => "disk-answer",
        RecordKind.FrameInput => "frame-input",
        RecordKind.VcpuTurn => "vcpu-turn",
        RecordKind.InterruptTaken => "interrupt-taken",
        RecordKind.VcpuWait => "vcpu-wait",
        RecordKind.CommonCut => "common-cut",
        RecordKind.ConsoleSize => "console-size",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The reader's current record: where it is injected, its kind, and its content by name.</summary>
    public static JsonObject Describe(LogReader log)
    {
        JsonObject record = new()
        {
            ["position"] = log.Position.ToString(),
            ["retired"] = log.Position.Retired,
            ["kind"] = Name(log.Kind),
        };
        switch (log.Kind)
        {
            case RecordKind.BootSeed:
                record["seed"] = Convert.ToHexStringLower(log.Read<BootSeed>().Bytes);
                break;
            case RecordKind.ClockStart:
                DescribeClockStart(record, log.Read<ClockStart>());
                break;
            case RecordKind.TimeAnchor:
                TimeAnchor anchor = log.Read<TimeAnchor>();
                record["tsc"] = anchor.Tsc;
                record["rate"] = anchor.Rate / 4294967296.0;
                break;
            case RecordKind.ConsoleInput:
                record["bytes"] = Convert.ToHexStringLower(log.Read<ConsoleInput>().Bytes);
                break;
            case RecordKind.StateHash:
                DescribeStateHash(record, log.Read<StateHash>());
                break;
            case RecordKind.End:
                End end = log.Read<End>();
                record["reason"] = end.Reason.Word();
                record["detail"] = end.Detail;
                break;
            case RecordKind.VcpuTurn:
                record["vcpu"] = log.Read<VcpuTurn>().Vcpu;
                break;
            case RecordKind.VcpuWait:
                VcpuWait wait = log.Read<VcpuWait>();
                record["vcpu"] = wait.Vcpu;
                record["ahead"] = wait.Ahead;
                break;
            case RecordKind.InterruptTaken or RecordKind.CommonCut:
                break;
            case RecordKind.HostVendor:
                record["vendor"] = System.Text.Encoding.ASCII.GetString(log.Read<HostVendor>().Name);
                break;
            case RecordKind.ConsoleSize:
                ConsoleSize size = log.Read<ConsoleSize>();
                record["columns"] = size.Columns;
                record["rows"] = size.Rows;
                break;
            case RecordKind.EntropyInput:
                EntropyInput entropy = log.Read<EntropyInput>();
                record["slot"] = entropy.Slot;
                record["bytes"] = Convert.ToHexStringLower(entropy.Bytes);
                break;
            case RecordKind.DiskAnswer:
                DescribeDiskAnswer(record, log.Read<DiskAnswer>());
                break;
            case RecordKind.FrameInput:
                FrameInput frame = log.Read<FrameInput>();
                record["slot"] = frame.Slot;
                record["frame"] = Convert.ToHexStringLower(frame.Frame);
                break;
            default:
                throw new InvalidOperationException($"a record of kind {log.Kind} has no text");
        }

        return record;
    }

    /// <summary>The same in one line for people.</summary>
    public static string Line(JsonObject record)
    {
        IEnumerable<string> content = record
            .Where(field => field.Key is not ("position" or "retired" or "kind" or "parts"))
            .Select(field => $"{field.Key}={field.Value}");
        IEnumerable<string> parts = record["parts"] is JsonArray array
            ? array.Select(part => $"{part!["part"]}={part["hash"]}")
            : [];
        return $"{record["position"],-14} {record["kind"],-13} {string.Join(' ', content.Concat(parts))}".TrimEnd();
    }

    private static void DescribeClockStart(JsonObject record, ClockStart start)
    {
        record["unix_seconds"] = start.UnixSeconds;
        if (start.UnixSeconds is >= -62135596800 and <= 253402300799)
        {
            record["utc"] = DateTimeOffset.FromUnixTimeSeconds(start.UnixSeconds).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }
    }

    private static void DescribeDiskAnswer(JsonObject record, DiskAnswer answer)
    {
        record["slot"] = answer.Slot;
        record["index"] = answer.Index;
        record["status"] = answer.Status.ToString().ToLowerInvariant();
        if (answer.Hash is { } hash)
        {
            record["hash"] = hash.ToString();
        }
    }

    private static void DescribeStateHash(JsonObject record, StateHash hash)
    {
        record["hash"] = hash.Combined().ToString();
        JsonArray parts = [];
        foreach (Guest.Machine.StatePart part in hash.Parts)
        {
            string name = $"{part.Kind.ToString().ToLowerInvariant()}.{part.Number.ToString(CultureInfo.InvariantCulture)}";
            parts.Add((JsonNode)new JsonObject { ["part"] = name, ["hash"] = part.Hash.ToString() });
        }

        record["parts"] = parts;
    }
}
