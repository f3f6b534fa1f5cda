using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Log;
using Replay.Log.Records;
using ReplayKit.Tests.Guests;
using Vmm.Record;

namespace ReplayKit.Tests.Checkpoints;

/// <summary>A recording of the first part of a boot with checkpoints, and the states of a straight replay at random positions.</summary>
[CollectionDefinition(Collection)]
public sealed class CheckpointedBoot : IDisposable, ICollectionFixture<CheckpointedBoot>
{
    /// <summary>The tests that share it.</summary>
    public const string Collection = "a boot with checkpoints";

    private const ulong Instructions = 120_000_000;
    private const int Places = 40;
    private readonly TemporaryFolder _folder = new();

    public CheckpointedBoot()
    {
        Path = _folder.File("boot.rk");
        MachineDescription description = MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Host);
        var recorder = new Recorder(description, MachineFiles.Load(DebianGuest.Kernel, DebianGuest.Initrd, "console=ttyS0 earlyprintk=ttyS0"), new RunLimits(Instructions: Instructions)) { HashEvery = 9_000_000 };
        using (var console = new ConsoleQueue())
        {
            Assert.Equal(EndReason.InstructionLimit, recorder.Record(Path, LogOptions.Default, console, new NoConsole()).Reason);
        }

        Random random = new(1);
        ulong[] places = [.. Enumerable.Range(0, Places).Select(_ => (ulong)random.NextInt64((long)Instructions)).Order()];
        List<(Position, IReadOnlyList<StatePart>)> states = [];
        using Replayer replayer = new(RecordingFolder.Open(Path), new NoConsole());
        foreach (Position at in places.Select(place => new Position(0, place)).Concat(RecordPlaces()).DistinctBy(at => at.Retired).OrderBy(at => at.Retired))
        {
            replayer.Run(at);
            Assert.Equal(at, replayer.Machine.Position);
            states.Add((at, replayer.Machine.HashState()));
        }

        States = states;
        MakeCheckpoints(Path, 8_000_000);
    }

    public string Path { get; }

    /// <summary>Where the straight replay was looked at, in order, and what it was: random places, and places of records.</summary>
    public IReadOnlyList<(Position At, IReadOnlyList<StatePart> Hash)> States { get; }

    public static void MakeCheckpoints(string path, ulong every)
    {
        using Replayer replayer = new(RecordingFolder.Open(path), new NoConsole());
        using CheckpointMaker maker = new(replayer, new CheckpointSpacing(Instructions: every), () => TimeSpan.Zero);
        maker.Run();
        Assert.True(maker.Made > 0);
    }

    /// <summary>A copy that a test may change.</summary>
    public string Copy(string name)
    {
        Programs.Run("cp", "-r", Path, _folder.File(name));
        return _folder.File(name);
    }

    public void Dispose() => _folder.Dispose();

    // Places of records: idle ones with several records, and those inside REP instructions, where there are any.
    private IEnumerable<Position> RecordPlaces()
    {
        using LogReader log = RecordingFolder.Open(Path).ReadLog();
        List<Position> all = [];
        while (log.Next())
        {
            if (log.Position.Retired > 0 && log.Position.Retired < Instructions)
            {
                all.Add(log.Position);
            }
        }

        IEnumerable<Position> idle = all.GroupBy(at => at).Where(place => place.Count() > 1).Select(place => place.Key);
        return [.. idle.Take(5), .. all.Where(at => at.RepCount is not null).Take(5), .. all.Where((_, index) => index % (all.Count / 10) == 0)];
    }
}
