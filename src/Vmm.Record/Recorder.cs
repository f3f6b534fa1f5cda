using System.Security.Cryptography;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Replay.Log;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Replay.Log.Records;
using Vmm.Record.BackEnds;
using Vmm.Record.Control;
using Vmm.Record.Network;

namespace Vmm.Record;

/// <summary>Runs a machine live and, if asked to, writes its recording.</summary>
public sealed class Recorder
{
    private const int SeedBytes = 32;
    private readonly MachineDescription _machine;
    private readonly MachineFiles _files;
    private readonly RunLimits _limits;

    /// <summary>Prepares a run.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="files">What it boots.</param>
    /// <param name="limits">What ends it before the guest does.</param>
    public Recorder(MachineDescription machine, MachineFiles files, RunLimits limits)
    {
        _machine = machine.ClockMode == ClockMode.Host ? machine with { MemoryHashKey = RandomKey() } : machine;
        _files = files;
        _limits = limits;
    }

    /// <summary>The program that makes recordings, and its version.</summary>
    internal static string WrittenBy => $"ReplayKit {typeof(Recorder).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Instructions between two state hashes of the recording; null to let the clock's mode decide (<see cref="HashSchedule"/>).</summary>
    public ulong? HashEvery { get; init; }

    /// <summary>The machine's disks, with their slots; closed when the run ends.</summary>
    public IReadOnlyList<DiskSetup> Disks { get; init; } = [];

    /// <summary>The machine's network devices, with their slots; closed when the run ends.</summary>
    public IReadOnlyList<NetworkSetup> Networks { get; init; } = [];

    /// <summary>How much of the recording is kept; null for all of it. Not under a virtual clock.</summary>
    public KeepLimit? Keep { get; init; }

    /// <summary>Whether the guest goes on unrecorded where a disk is full that its recording needs.</summary>
    public bool GoesOnWhenFull { get; init; }

    /// <summary>Called when a recording has ended for that reason, on the running thread.</summary>
    public Action<ReplayKitException>? RecordingLost { get; init; }

    /// <summary>The socket by which others control the machine (docs/control.md); null for none.</summary>
    public string? ControlPath { get; init; }

    /// <summary>Called when everything is open that the run needs, before it begins.</summary>
    public Action? Ready { get; init; }

    /// <summary>Called about a thousand times a second on the running thread.</summary>
    public Action<VirtualMachine>? Polled { get; init; }

    /// <summary>Engine choices the guest cannot see.</summary>
    public EngineOptions Engine { get; init; } = EngineOptions.Default;

    /// <summary>Runs without recording.</summary>
    /// <param name="console">What is typed.</param>
    /// <param name="output">Where the guest's console output goes.</param>
    /// <param name="built">Called with the machine before it runs.</param>
    public RunResult Run(ConsoleQueue console, IConsoleOutput output, Action<VirtualMachine>? built = null) => Run(console, output, null, durable: false, built);

    /// <summary>Runs and records.</summary>
    /// <param name="path">The recording's folder; it must not exist.</param>
    /// <param name="options">How the log is written.</param>
    /// <param name="console">What is typed.</param>
    /// <param name="output">Where the guest's console output goes, beside the recording's console.log.</param>
    /// <param name="built">Called with the machine before it runs.</param>
    /// <exception cref="ReplayKitException">The guest did what the machine refuses, or the disk is full; what was recorded stays.</exception>
    public RunResult Record(string path, LogOptions options, ConsoleQueue console, IConsoleOutput output, Action<VirtualMachine>? built = null)
    {
        using NewRecording recording = NewRecording.Create(path, Manifest(), options with { EndsWhenFull = GoesOnWhenFull });
        return Run(console, output, recording, options.Durable, built);
    }

    private RunResult Run(ConsoleQueue console, IConsoleOutput output, NewRecording? recording, bool durable, Action<VirtualMachine>? built)
    {
        LogTarget target = new() { Recording = recording, OnLost = RecordingLost };
        BootInputs boot = LogBoot(recording);
        using var backEnds = new LiveBackEnds();
        using var machine = new VirtualMachine(_machine, _files.Images, boot, new ConsoleTee(output, target), Engine with { AtOnce = _machine.Parallel }, backEnds);
        Dictionary<int, IDiskImage> disks = Disks.ToDictionary(disk => disk.Device!.Slot, disk => Tracked(disk.OpenForGuest(recording, durable)));
        backEnds.Connect(machine, disks, Networks.ToDictionary(network => network.Device.Slot, network => network.Link), console.Bell, durable);
        built?.Invoke(machine);
        using FlightRecorder? flight = Keep is null || recording is null ? null : new FlightRecorder(recording, _machine.MemoryBytes, Written(disks), Keep);
        using MachineControl? control = ControlPath is null ? null : new MachineControl(console, target, WithoutOverlays(Manifest()), Written(disks), LogOptions.Default with { EndsWhenFull = GoesOnWhenFull });
        using ControlSocket? socket = control is null ? null : new ControlSocket(ControlPath!, control);
        Ready?.Invoke();
        return new LiveSession(machine, backEnds, console)
        {
            Limits = _limits, HashEvery = HashEvery, ChaosSeed = Engine.ChaosSeed, Polled = Polled, Control = control,
            Works = [.. new IStillWork?[] { flight, control }.OfType<IStillWork>()],
        }.Run(target);
    }

    private static Manifest WithoutOverlays(Manifest manifest) => manifest with { Rolling = false, Disks = [.. manifest.Disks.Select(disk => disk with { Overlay = null })] };

    private static IDiskImage Tracked(IDiskImage image) => image is IDisk disk and not ICheckpointDisk ? new TrackedDisk(disk) : image;

    private static Dictionary<int, ICheckpointDisk> Written(Dictionary<int, IDiskImage> disks) =>
        disks.Where(disk => disk.Value is ICheckpointDisk).ToDictionary(disk => disk.Key, disk => (ICheckpointDisk)disk.Value);

    // The inputs at position 0. A virtual clock leaves the host out altogether: fixed seed, fixed date.
    private BootInputs LogBoot(NewRecording? recording)
    {
        bool live = _machine.ClockMode == ClockMode.Host;
        byte[] seed = live ? RandomNumberGenerator.GetBytes(SeedBytes) : SHA256.HashData("ReplayKit virtual clock"u8);
        var boot = new BootInputs(live ? DateTimeOffset.UtcNow.ToUnixTimeSeconds() : 1_700_000_000, seed);
        if (recording is not null)
        {
            recording.Log.Append(default, new ClockStart(boot.StartSeconds));
            recording.Log.Append(default, new BootSeed(boot.Seed.Span));

            // Without these nothing can be replayed: they are there before anything else fills the disk.
            recording.Log.Flush(default);
        }

        return boot;
    }

    // The guest must not know it: it could make pages that hash alike.
    private static Hash128 RandomKey() => Hash128.Read(RandomNumberGenerator.GetBytes(16));

    private Manifest Manifest() => new()
    {
        WrittenBy = WrittenBy,
        Machine = _machine,
        Rolling = Keep is not null,
        Kernel = _files.Kernel,
        Initrd = _files.Initrd,
        Disks = [.. Disks.Select(disk => disk.Recorded())],
        CommandLine = _files.Images.CommandLine,
        Host = HostFacts.OfThisHost(),
    };
}
