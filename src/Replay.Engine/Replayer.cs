using System.Text;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Board.Boot;
using Guest.Machine.Devices;
using Guest.Machine.X86;
using Guest.Machine.X86.HostCode;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Manifests;
using Replay.Log.Records;
using Replay.Multicore;

namespace Replay.Engine;

/// <summary>Executes a recording again, instruction for instruction, from its beginning or from a checkpoint, forward or from elsewhere again.</summary>
public sealed class Replayer : IDisposable
{
    private readonly LogReader _log;
    private readonly string _recording;
    private readonly Manifest _manifest;
    private readonly MutedConsole _console;
    private readonly EngineOptions? _engine;
    private readonly ReplayDisks _disks;
    private readonly bool _startsFromCheckpoint;
    private LogInputs _inputs;

    /// <summary>Opens a recording and puts its machine at the beginning, or at the last checkpoint before a position.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="console">Where the guest's console output goes.</param>
    /// <param name="engine">Engine choices the guest cannot see.</param>
    /// <param name="from">Where the replay will be wanted first (<see cref="SeekTo"/>); null for the beginning.</param>
    /// <exception cref="ReplayKitException">The recording is damaged, or kernel, initrd or disk images are not what was recorded.</exception>
    public Replayer(RecordingFolder recording, IConsoleOutput console, EngineOptions? engine = null, Position? from = null)
    {
        _recording = recording.Path;
        _manifest = recording.Manifest;
        _engine = engine;
        _console = new MutedConsole(console);
        _disks = new ReplayDisks(recording);
        _log = recording.ReadLog();
        Checkpoints = recording.OpenCheckpoints();
        try
        {
            CheckModel(_manifest.Machine);
            Start = recording.Start;
            _startsFromCheckpoint = recording.StartsFromCheckpoint;
            if ((from is { } position ? CheckpointBefore(position) : FirstCheckpoint) is { } checkpoint)
            {
                CheckVendor(recording, from is null ? checkpoint : Checkpoints.Positions()[^1]);
                Machine = new VirtualMachine(_manifest.Machine, _console, engine);
                _inputs = GoTo(checkpoint);
            }
            else
            {
                CheckVendor(recording);
                Machine = Boot();
                _inputs = new LogInputs(_log, _disks, default, 0);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The machine that replays; the same one wherever the replay goes.</summary>
    public VirtualMachine Machine { get; }

    /// <summary>Where the recording begins.</summary>
    public Position Start { get; }

    /// <summary>The checkpoints that <see cref="SeekTo"/> may use.</summary>
    public CheckpointFolder Checkpoints { get; }

    /// <summary>Begins a series of checkpoints of this replay; its machine must not go back while it is made.</summary>
    public CheckpointSeries NewSeries() => new(Checkpoints, Machine, _disks.Written(_manifest.Machine));

    /// <summary>Saves the machine where it stands, with nothing that is due there applied, as the first checkpoint of another recording.</summary>
    /// <param name="folder">The checkpoints of the other recording.</param>
    /// <exception cref="ReplayKitException">It cannot be written (RK0109, RK0110).</exception>
    public void SaveTo(CheckpointFolder folder)
    {
        using CheckpointSeries series = new(folder, Machine, _disks.Written(_manifest.Machine));
        series.Begin(Vendor).Write();
    }

    /// <summary>Called now and then while replaying, before what is due at the machine's position is applied.</summary>
    public Action<VirtualMachine>? Advanced { get; set; }

    /// <summary>How the recording ends, known once its end has been read.</summary>
    public LogEnding Ending => _log.Ending;

    /// <summary>The record that ends it, if it was read.</summary>
    public End? End => _log.End;

    /// <summary>State hashes found equal.</summary>
    public int HashesCompared { get; private set; }

    /// <summary>Records at the machine's position that have been applied already.</summary>
    public int Applied => _inputs.AppliedAt(Machine.Position);

    /// <summary>The host's vendor that the log has noted up to here; empty for none.</summary>
    public string Vendor => _inputs.Vendor;

    /// <summary>Replays from where it stands.</summary>
    /// <param name="to">Where to stop, with nothing that is due there applied; null for the recording's end.</param>
    /// <param name="verify">Whether to compare with the state hashes of the recording.</param>
    /// <exception cref="ReplayKitException">The replay left the recording, or the log is damaged.</exception>
    public void Run(Position? to = null, bool verify = false)
    {
        StateComparer? comparer = verify ? new StateComparer(Machine, Machine.Position) : null;
        _inputs.Advanced = Advanced;
        _inputs.To = to;
        _inputs.Comparer = comparer;
        MachineLoop.Run(Machine, _inputs);
        HashesCompared += comparer?.Compared ?? 0;
    }

    /// <summary>Replays vCPUs that ran at once at once, each on a host thread of its own, from the recording's beginning to its end.</summary>
    /// <param name="verify">Whether to compare with the state hashes of the recording.</param>
    /// <param name="chaosSeed">Not 0 to stop the threads at random: for tests.</param>
    /// <exception cref="ReplayKitException">The replay left the recording, or the log is damaged.</exception>
    /// <exception cref="InvalidOperationException">The recording's vCPUs did not run at once, or the machine was not built for it (<see cref="EngineOptions.AtOnce"/>).</exception>
    public void RunAtOnce(bool verify = false, ulong chaosSeed = 0)
    {
        if (!Machine.Description.Parallel || _engine is not { AtOnce: true })
        {
            throw new InvalidOperationException("only vCPUs that ran at once can be replayed at once");
        }

        StateComparer? comparer = verify ? new StateComparer(Machine, Machine.Position) : null;
        _inputs.Advanced = Advanced;
        _inputs.Comparer = comparer;
        using ParallelReplay replay = new(Machine, chaosSeed);
        _inputs.RunAtOnce(Machine, replay);
        HashesCompared += comparer?.Compared ?? 0;
    }

    /// <summary>Compares the machine with a state hash of its position that does not come from the log.</summary>
    /// <param name="recorded">The hash.</param>
    /// <param name="since">Where the machine was known to be right.</param>
    /// <exception cref="ReplayKitException">RK0503: they differ.</exception>
    public void CompareWith(StateHash recorded, Position since)
    {
        new StateComparer(Machine, since).Compare(Machine, recorded);
        HashesCompared++;
    }

    /// <summary>Goes to a position, forward or backward: from the nearest checkpoint, or from here where that is nearer.</summary>
    /// <remarks>
    /// Costs the restoring of a checkpoint (milliseconds, and the pages that are accessed) and at most the replay between two checkpoints; without
    /// checkpoints, the replay from the beginning. What the guest writes to its console on the way is not passed on. Observers see the way.
    /// </remarks>
    /// <param name="target">The position; behind the end it is the end.</param>
    /// <param name="anew">Whether to come from a checkpoint even where the machine has that position: something that is due there has been applied to it.</param>
    /// <exception cref="ReplayKitException">A checkpoint or the log is damaged, or the replay left the recording.</exception>
    public void SeekTo(Position target, bool anew = false)
    {
        Position? checkpoint = CheckpointBefore(target);
        bool isAhead = Machine.Position.IsBefore(target) || (Machine.Position == target && Applied == 0 && !anew);
        if (!isAhead || (checkpoint is { } nearest && Machine.Position.IsBefore(nearest)))
        {
            _inputs = checkpoint is { } at ? GoTo(at) : GoToBeginning();
        }

        _console.IsMuted = true;
        Run(target);
        _console.IsMuted = false;
    }

    /// <summary>Finds where one vCPU has retired a number of instructions itself, and goes there.</summary>
    /// <remarks>Costs the restoring of some checkpoints and at most the replay between two of them; without, the replay from the beginning. Passes on what the guest prints.</remarks>
    /// <param name="vcpu">The vCPU's number.</param>
    /// <param name="retired">Its own instructions.</param>
    /// <returns>The first such position; null where the recording ends before, or there is no such vCPU.</returns>
    /// <exception cref="ReplayKitException">As <see cref="SeekTo"/>.</exception>
    public Position? Find(int vcpu, ulong retired)
    {
        if (vcpu >= Machine.Cpus.Count)
        {
            return null;
        }

        Vcpu cpu = Machine.Cpus[vcpu];
        Position[] places = [Start, .. Checkpoints.Positions().Where(Start.IsBefore)];
        int before = 0;
        for (int behind = places.Length; behind - before > 1;)
        {
            int middle = (before + behind) / 2;
            SeekTo(places[middle]);
            (before, behind) = cpu.State.Retired < retired ? (middle, behind) : (before, middle);
        }

        SeekTo(places[before], anew: true);
        Machine.OwnStop = (vcpu, retired);
        Run();
        Machine.OwnStop = null;
        return cpu.State.Retired >= retired ? Machine.Position : null;
    }

    /// <summary>Writes the blocks of each disk's image that the guest has read in this replay so far into a file: what another replay of the same needs.</summary>
    /// <param name="folder">Where the files go.</param>
    /// <returns>[slot] the files.</returns>
    /// <exception cref="ReplayKitException">A block cannot be read (RK0700, RK0701), or a file not be written (RK0109, RK0110).</exception>
    public IReadOnlyDictionary<int, string> SaveBlocksRead(string folder) => _disks.SaveBlocksRead(folder);

    /// <summary>Whether <see cref="TakeOver"/> works: what is on disks that the guest writes is no part of a machine.</summary>
    public bool CanTakeOver => !_manifest.Machine.Pci.Any(device => device is BlockDescription { ReadOnly: false });

    /// <summary>Goes to where another replay of the same recording stands, which has just sought that position. Costs a copy of the pages that differ.</summary>
    /// <param name="other">The other replay.</param>
    /// <exception cref="InvalidOperationException">Something that is due at its position has been applied to it, or it has disks that the guest writes.</exception>
    public void TakeOver(Replayer other)
    {
        if (other.Applied != 0 || !CanTakeOver)
        {
            throw new InvalidOperationException("only a replay that stands at a position, and has no disks of its own, can be taken over");
        }

        other.Machine.CopyTo(Machine);
        _log.GoTo(other.Machine.Position);
        if (other.Machine.Position == default)
        {
            _ = ReadBoot();
        }

        _inputs = new LogInputs(_log, _disks, other.Machine.Position, 0) { Vendor = other.Vendor };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Machine?.Dispose();
        Checkpoints.Dispose();
        _disks.Dispose();
        _log.Dispose();
    }

    private static void CheckModel(MachineDescription machine)
    {
        if (!Guest.Machine.X86.CpuModels.Create(machine.CpuModel, machine.Vcpus).Leaves.SequenceEqual(machine.Cpuid))
        {
            throw new ReplayKitException(504, ExitCode.HostCannot, $"the recording's CPU model {machine.CpuModel} answers CPUID differently from this version's; replay it with the version that recorded it");
        }
    }

    // A recording that this host cannot repeat is refused before it starts, not where it parts.
    private static void CheckVendor(RecordingFolder recording)
    {
        if (recording.Summary.HostVendor is { } vendor)
        {
            RefuseVendor(vendor.Name, vendor.At);
        }
    }

    // The last checkpoint says what came before it, so that only the part of the log behind it has to be read.
    private void CheckVendor(RecordingFolder recording, Position last)
    {
        Checkpoint checkpoint = Checkpoints.Open(last);
        RefuseVendor(checkpoint.Vendor, checkpoint.At);
        using LogReader log = recording.ReadLog();
        log.GoTo(last);
        while (log.Next())
        {
            if (log.Kind == RecordKind.HostVendor)
            {
                RefuseVendor(Encoding.ASCII.GetString(log.Read<HostVendor>().Name), log.Position);
            }
        }
    }

    private static void RefuseVendor(string vendor, Position at)
    {
        if (vendor.Length > 0 && vendor != HostFeatures.Vendor)
        {
            throw new ReplayKitException(506, ExitCode.HostCannot, $"the guest used x87 functions whose results depend on the processor's vendor, at the latest at {at}: it was recorded on {vendor}, this host is {HostFeatures.Vendor}; replay it on a host of that vendor");
        }
    }

    // The one with which the recording begins, if it does not begin with the machine.
    private Position? FirstCheckpoint => _startsFromCheckpoint ? Start : null;

    private Position? CheckpointBefore(Position target)
    {
        Position? nearest = FirstCheckpoint;
        foreach (Position at in Checkpoints.Positions())
        {
            if (at.Retired <= target.Retired && at.Retired >= Start.Retired)
            {
                nearest = at;
            }
        }

        return nearest;
    }

    private LogInputs GoTo(Position at)
    {
        if (at == FirstCheckpoint && !Checkpoints.Has(at))
        {
            throw new ReplayKitException(122, ExitCode.BadInput, $"{Checkpoints.Path} has lost the checkpoint with which the recording begins: nothing of it can be replayed");
        }

        Checkpoint checkpoint = Checkpoints.Open(at);
        checkpoint.RestoreTo(Machine);
        _disks.GoTo(checkpoint);
        _log.GoTo(at);
        return new LogInputs(_log, _disks, at, 0) { Vendor = checkpoint.Vendor };
    }

    // A second machine is booted to the same position and lends its state and its pages.
    private LogInputs GoToBeginning()
    {
        _log.GoTo(default);
        using VirtualMachine booted = Boot();
        booted.CopyTo(Machine);
        _disks.GoTo(null);
        return new LogInputs(_log, _disks, default, 0);
    }

    private VirtualMachine Boot()
    {
        BootInputs boot = ReadBoot();
        var images = new LinuxImages
        {
            Kernel = _manifest.Kernel.Load(_recording),
            Initrd = _manifest.Initrd?.Load(_recording),
            CommandLine = _manifest.CommandLine,
        };
        return new VirtualMachine(_manifest.Machine, images, boot, _console, _engine);
    }

    private BootInputs ReadBoot()
    {
        Expect(RecordKind.ClockStart);
        long start = _log.Read<ClockStart>().UnixSeconds;
        Expect(RecordKind.BootSeed);
        return new BootInputs(start, _log.Read<BootSeed>().Bytes.ToArray());
    }

    private void Expect(RecordKind kind)
    {
        if (!_log.Next() || _log.Kind != kind)
        {
            throw new ReplayKitException(505, ExitCode.BadInput, $"the recording ends before its machine starts: there is no record {kind}; nothing of it can be replayed");
        }
    }
}
