using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Log;

namespace ReplayKit.Tests.Checkpoints;

/// <summary>Going to a position gives the state of a straight replay there, wherever one comes from.</summary>
[Collection(CheckpointedBoot.Collection)]
public sealed class SeekTests(CheckpointedBoot boot)
{
    [Fact]
    public void From_anywhere_to_anywhere_the_state_is_that_of_a_straight_replay()
    {
        Random random = new(1);
        using Replayer replayer = new(RecordingFolder.Open(boot.Path), new NoConsole(), new EngineOptions { TlbEntries = 256, ChaosSeed = 5 });
        foreach ((Position at, IReadOnlyList<StatePart> hash) in boot.States.Concat(boot.States).OrderBy(_ => random.Next()).Take(50))
        {
            replayer.SeekTo(at);
            Assert.Equal(at, replayer.Machine.Position);
            Assert.True(hash.SequenceEqual(replayer.Machine.HashState()), $"the state at {at} is another one");
        }
    }

    [Fact]
    public void In_a_fresh_replay_it_is_the_same_and_the_rest_verifies()
    {
        foreach ((Position at, IReadOnlyList<StatePart> hash) in boot.States.Where((_, index) => index % 10 == 9))
        {
            using Replayer replayer = new(RecordingFolder.Open(boot.Path), new NoConsole(), from: at);

            // Checkpoints stand where the recorder looked at the world: up to some ten million instructions apart.
            Assert.True(replayer.Machine.Position.Retired + 30_000_000 > at.Retired, $"{replayer.Machine.Position} is far from {at}");
            replayer.SeekTo(at);
            Assert.Equal(hash, replayer.Machine.HashState());
            replayer.Run(verify: true);
            Assert.Equal(LogEnding.Ended, replayer.Ending);
            Assert.True(replayer.HashesCompared > 0);
        }
    }

    [Fact]
    public void Seeking_and_going_on_arrives_where_going_straight_does()
    {
        Random random = new(2);
        using Replayer replayer = new(RecordingFolder.Open(boot.Path), new NoConsole());
        for (int round = 0; round < 15; round++)
        {
            int from = random.Next(boot.States.Count - 1);
            int to = random.Next(from + 1, Math.Min(boot.States.Count, from + 6));
            replayer.SeekTo(boot.States[from].At);
            replayer.Run(boot.States[to].At);
            Assert.Equal(boot.States[to].Hash, replayer.Machine.HashState());
        }
    }

    [Fact]
    public void Without_checkpoints_a_replay_goes_back_too()
    {
        string copy = boot.Copy("without.rk");
        Directory.Delete(Path.Combine(copy, "checkpoints"), recursive: true);
        using Replayer replayer = new(RecordingFolder.Open(copy), new NoConsole());
        foreach (int index in (int[])[12, 3, 3, 8, 0])
        {
            replayer.SeekTo(boot.States[index].At);
            Assert.Equal(boot.States[index].Hash, replayer.Machine.HashState());
        }
    }

    [Fact]
    public void Checkpoints_can_be_added_between_those_that_are_there()
    {
        string copy = boot.Copy("finer.rk");
        RecordingFolder recording = RecordingFolder.Open(copy);
        using Replay.Log.Checkpoints.CheckpointFolder checkpoints = recording.OpenCheckpoints();
        IReadOnlyList<Position> before = checkpoints.Positions();
        CheckpointedBoot.MakeCheckpoints(copy, 1_000_000);
        IReadOnlyList<Position> after = checkpoints.Positions();
        Assert.True(after.Count > before.Count * 2, $"{before.Count}, then {after.Count}");
        Assert.Empty(before.Except(after));
        using Replayer replayer = new(recording, new NoConsole());
        foreach (Position at in after.Where((_, index) => index % 5 == 0))
        {
            replayer.SeekTo(at);
            replayer.CompareWith(checkpoints.Open(at).Hash, at);
        }
    }

    [Fact]
    public void A_damaged_checkpoint_ends_the_replay_by_name()
    {
        string copy = boot.Copy("damaged.rk");
        string file = Directory.EnumerateFiles(Path.Combine(copy, "checkpoints")).Order().ElementAt(5);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^10] ^= 4;
        File.WriteAllBytes(file, bytes);
        using Replayer replayer = new(RecordingFolder.Open(copy), new NoConsole());
        using Replay.Log.Checkpoints.CheckpointFolder checkpoints = RecordingFolder.Open(copy).OpenCheckpoints();
        ReplayKitException refusal = Assert.Throws<ReplayKitException>(() => replayer.SeekTo(checkpoints.Positions()[5]));
        Assert.Equal(101, refusal.Code);
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
    }
}
