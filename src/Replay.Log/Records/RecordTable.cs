using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>The list of all record kinds that can be read.</summary>
internal static class RecordTable
{
    /// <summary>Reads over the body of a record and so checks it; where asked for, says what is in it.</summary>
    /// <exception cref="RecordFormatException">The kind is not known, or the bytes are no such record.</exception>
    public static void Read(RecordKind kind, scoped ref RecordCursor cursor, RecordPlace place, Utf8JsonWriter? json)
    {
        switch (kind)
        {
            case RecordKind.BootSeed: Read<BootSeed>(ref cursor, place, json); break;
            case RecordKind.ClockStart: Read<ClockStart>(ref cursor, place, json); break;
            case RecordKind.TimeAnchor: Read<TimeAnchor>(ref cursor, place, json); break;
            case RecordKind.ConsoleInput: Read<ConsoleInput>(ref cursor, place, json); break;
            case RecordKind.StateHash: Read<StateHash>(ref cursor, place, json); break;
            case RecordKind.End: Read<End>(ref cursor, place, json); break;
            case RecordKind.HostVendor: Read<HostVendor>(ref cursor, place, json); break;
            case RecordKind.EntropyInput: Read<EntropyInput>(ref cursor, place, json); break;
            case RecordKind.DiskAnswer: Read<DiskAnswer>(ref cursor, place, json); break;
            case RecordKind.FrameInput: Read<FrameInput>(ref cursor, place, json); break;
            case RecordKind.VcpuTurn: Read<VcpuTurn>(ref cursor, place, json); break;
            case RecordKind.InterruptTaken: Read<InterruptTaken>(ref cursor, place, json); break;
            case RecordKind.VcpuWait: Read<VcpuWait>(ref cursor, place, json); break;
            case RecordKind.CommonCut: Read<CommonCut>(ref cursor, place, json); break;
            case RecordKind.ConsoleSize: Read<ConsoleSize>(ref cursor, place, json); break;
            default: throw new RecordFormatException($"a record of kind {(int)kind}", isUnknown: true);
        }
    }

    private static void Read<T>(scoped ref RecordCursor cursor, RecordPlace place, Utf8JsonWriter? json)
        where T : IRecord<T>, allows ref struct
    {
        T record = T.Read(ref cursor, place);
        if (json is not null)
        {
            record.Describe(json);
        }
    }
}
