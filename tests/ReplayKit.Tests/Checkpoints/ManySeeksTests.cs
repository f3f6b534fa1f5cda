using System.Diagnostics;
using System.Globalization;
using Guest.Machine;
using Replay.Engine;
using Replay.Log;
using Xunit.Abstractions;

namespace ReplayKit.Tests.Checkpoints;

/// <summary>
/// Seeks to random positions of a recording against one straight replay of it. The long form: <c>REPLAYKIT_SEEKS=1000 REPLAYKIT_SEEK_IN=REC</c>, where REC is a
/// recording with checkpoints; it prints how long a seek takes.
/// </summary>
[Collection(CheckpointedBoot.Collection)]
public sealed class ManySeeksTests(CheckpointedBoot boot, ITestOutputHelper output)
{
    private static int Seeks => int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_SEEKS") ?? "25", NumberStyles.None, CultureInfo.InvariantCulture);

    [Fact]
    public void Each_of_many_random_positions_has_the_state_of_a_straight_replay()
    {
        RecordingFolder recording = RecordingFolder.Open(Environment.GetEnvironmentVariable("REPLAYKIT_SEEK_IN") ?? boot.Path);
        int seed = Environment.TickCount;
        Random random = new(seed);
        ulong begin = recording.Start.Retired;
        ulong[] places = [.. Enumerable.Range(0, Seeks).Select(_ => (ulong)random.NextInt64((long)begin + 1, (long)recording.Summary.Last.Retired)).Order().Distinct()];
        List<(Position At, IReadOnlyList<StatePart> Hash)> states = Straight(recording, places);

        List<double> seconds = [];
        using Replayer replayer = new(recording, new NoConsole());
        foreach ((Position at, IReadOnlyList<StatePart> hash) in states.OrderBy(_ => random.Next()))
        {
            long before = Stopwatch.GetTimestamp();
            replayer.SeekTo(at);
            seconds.Add(Stopwatch.GetElapsedTime(before).TotalSeconds);
            Assert.True(hash.SequenceEqual(replayer.Machine.HashState()), $"seed {seed}: the state at {at} is another one");
        }

        seconds.Sort();
        string summary = string.Create(CultureInfo.InvariantCulture, $"{seconds.Count} seeks: median {seconds[seconds.Count / 2]:F3} s, 95 % below {seconds[seconds.Count * 95 / 100]:F3} s, longest {seconds[^1]:F3} s");
        output.WriteLine(summary);
        if (Environment.GetEnvironmentVariable("REPLAYKIT_SEEK_IN") is not null)
        {
            Console.Error.WriteLine(summary);
        }
    }

    private static List<(Position At, IReadOnlyList<StatePart> Hash)> Straight(RecordingFolder recording, ulong[] places)
    {
        List<(Position, IReadOnlyList<StatePart>)> states = [];
        using Replayer replayer = new(recording, new NoConsole());
        foreach (ulong place in places)
        {
            replayer.Run(new Position(0, place));
            states.Add((replayer.Machine.Position, replayer.Machine.HashState()));
        }

        return states;
    }
}
