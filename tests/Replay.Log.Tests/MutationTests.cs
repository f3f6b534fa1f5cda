using System.Globalization;
using System.Text.Json;
using Guest.Machine;
using Replay.Log.Frames;
using Replay.Log.Manifests;
using Replay.Log.Packing;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>Logs with random changes. <c>REPLAYKIT_MUTATIONS=1000000</c> makes the long form of it.</summary>
public sealed class MutationTests
{
    internal static int Rounds => int.Parse(
        Environment.GetEnvironmentVariable("REPLAYKIT_MUTATIONS") ?? "3000", NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>So many rounds, where the environment does not ask for more.</summary>
    internal static int RoundsOr(int rounds) => Environment.GetEnvironmentVariable("REPLAYKIT_MUTATIONS") is null ? rounds : Rounds;

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

    private static void Mutate(byte[] whole, Action<byte[]> read)
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            try
            {
                read(Mutations.Of(random, whole));
            }
            catch (ReplayKitException refusal) when (refusal.ExitCode == ExitCode.BadInput)
            {
                refused++;
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}", error);
            }
        }

        Assert.InRange(refused, 1, Rounds);
    }

    [Fact]
    public void A_mutated_log_is_refused_or_reads_as_a_beginning_of_what_was_written()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        MemorySegments whole = Samples.Log(LogOptions.Default);
        Logged[] written = [.. Samples.Frames.SelectMany(frame => frame)];
        for (int round = 0; round < Rounds; round++)
        {
            MemorySegments mutated = new() { Segments = { Mutations.Of(random, whole.Segments[0]) } };
            List<Logged> read = ReadWhatCanBe(mutated, 1, $"seed {seed}, round {round}");
            Assert.True(read.SequenceEqual(written.Take(read.Count)), $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void A_mutated_payload_under_a_right_checksum_is_read_or_refused_and_never_crashes()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[][] payloads = [.. Enumerable.Range(0, 50).Select(_ => Payload(Samples.RandomRecords(random)))];
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            MemorySegments store = new();
            using (FrameWriter frames = new(store, Samples.Stored))
            {
                frames.Write(ManifestSeal.Of("{}"u8), default);
                frames.Write(Mutations.Of(random, payloads[random.Next(payloads.Length)]), new Position(0, ulong.MaxValue));
            }

            using LogReader log = new(store, 2, upToDamage: true);
            refused += Refused(log, $"seed {seed}, round {round}") ? 1 : 0;
        }

        Assert.InRange(refused, 1, Rounds);
    }

    private static bool Refused(LogReader log, string where)
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
        catch (Exception error)
        {
            throw new InvalidOperationException(where, error);
        }
    }

    /// <summary>The records before the place where the log is refused, or all.</summary>
    private static List<Logged> ReadWhatCanBe(MemorySegments store, int vcpus, string where)
    {
        using LogReader log = new(store, vcpus, upToDamage: true);
        try
        {
            return Logged.ReadAll(log);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(where, error);
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
