using System.Text.Json;
using Guest.Machine;
using Replay.Log.Frames;
using Replay.Log.Manifests;
using Replay.Log.Packing;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>Logs and small files with random changes.</summary>
public sealed class MutationTests
{
    private const int Rounds = 3000;

    [Fact]
    public void A_mutated_manifest_is_read_or_refused_by_name() => Mutate(Samples.Manifest.ToJson(), mutated => Manifest.Parse("manifest.json", mutated));

    [Fact]
    public void A_mutated_index_of_a_packed_recording_is_read_or_refused() => Mutate(
        new PackIndex(PackIndex.FormatName, PackIndex.CurrentVersion, [new PackedFile("manifest.json", 700, new string('a', 64)), new PackedFile("log/000000.rklog", 1L << 40, new string('b', 64))]).ToJson(),
        mutated =>
        {
            try
            {
                PackIndex.Parse(mutated);
            }
            catch (JsonException error)
            {
                throw new ReplayKitException(101, ExitCode.BadInput, error.Message);
            }
        });

    private static void Mutate(byte[] whole, Action<byte[]> read) => Fuzz.Run(Rounds, random =>
    {
        try
        {
            read(Mutations.Of(random, whole));
            return false;
        }
        catch (ReplayKitException refusal) when (refusal.ExitCode == ExitCode.BadInput)
        {
            return true;
        }
    });

    [Fact]
    public void A_mutated_log_is_refused_or_reads_as_a_beginning_of_what_was_written()
    {
        MemorySegments whole = Samples.Log(LogOptions.Default);
        Logged[] written = [.. Samples.Frames.SelectMany(frame => frame)];
        Fuzz.Run(Rounds, random =>
        {
            MemorySegments mutated = new() { Segments = { Mutations.Of(random, whole.Segments[0]) } };
            using LogReader log = new(mutated, 1, upToDamage: true);
            List<Logged> read = Logged.ReadAll(log);
            Assert.True(read.SequenceEqual(written.Take(read.Count)));
            return read.Count < written.Length;
        });
    }

    [Fact]
    public void A_mutated_payload_under_a_right_checksum_is_read_or_refused_and_never_crashes()
    {
        Random samples = new(1);
        byte[][] payloads = [.. Enumerable.Range(0, 50).Select(_ => Payload(Samples.RandomRecords(samples)))];
        Fuzz.Run(Rounds, random =>
        {
            MemorySegments store = new();
            using (FrameWriter frames = new(store, Samples.Stored))
            {
                frames.Write(ManifestSeal.Of("{}"u8), default);
                frames.Write(Mutations.Of(random, payloads[random.Next(payloads.Length)]), new Position(0, ulong.MaxValue));
            }

            using LogReader log = new(store, 2, upToDamage: true);
            return IsRefused(log);
        });
    }

    private static bool IsRefused(LogReader log)
    {
        try
        {
            Logged.ReadAll(log);
            return log.Ending == LogEnding.Damaged;
        }
        catch (ReplayKitException)
        {
            return true;
        }
    }

    private static byte[] Payload(Logged[] records)
    {
        MemorySegments store = new();
        using LogWriter log = new(store, "{}"u8, 2, new LogOptions { Codec = FrameCodec.Stored, FrameBytes = int.MaxValue });
        int first = (int)log.Bytes;
        Array.ForEach(records, record => record.AppendTo(log));
        log.Flush(records[^1].At);
        return store.Segments[0][(first + FrameHeader.Length)..];
    }
}
