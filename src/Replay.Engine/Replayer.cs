using System.Text;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Board.Boot;
using Guest.Machine.Devices;
using Guest.Machine.X86.HostCode;
using Replay.Log;
using Replay.Log.Manifests;
using Replay.Log.Records;

namespace Replay.Engine;

/// <summary>Executes a recording again, instruction for instruction.</summary>
public sealed class Replayer : IDisposable
{
    private readonly LogReader _log;
    private readonly Manifest _manifest;
    private LogInputs? _inputs;

    /// <summary>Opens a recording and puts its machine at position 0.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="console">Where the guest's console output goes.</param>
    /// <param name="engine">Engine choices the guest cannot see.</param>
    /// <exception cref="ReplayKitException">The recording is damaged, or kernel or initrd are not what was recorded.</exception>
    public Replayer(RecordingFolder recording, IConsoleOutput console, EngineOptions? engine = null)
    {
        _manifest = recording.Manifest;
        _log = recording.ReadLog();
        try
        {
            CheckModel(_manifest.Machine);
            CheckVendor(recording);
            BootInputs boot = ReadBoot();
            var images = new LinuxImages
            {
                Kernel = _manifest.Kernel.Load(),
                Initrd = _manifest.Initrd?.Load(),
                CommandLine = _manifest.CommandLine,
            };
            Machine = new VirtualMachine(_manifest.Machine, images, boot, console, engine);
        }
        catch
        {
            _log.Dispose();
            throw;
        }
    }

    /// <summary>The machine that replays.</summary>
    public VirtualMachine Machine { get; }

    /// <summary>Called now and then while replaying.</summary>
    public Action<VirtualMachine>? Advanced { get; init; }

    /// <summary>How the recording ends, known once its end has been read.</summary>
    public LogEnding Ending => _log.Ending;

    /// <summary>The record that ends it, if it was read.</summary>
    public End? End => _log.End;

    /// <summary>State hashes found equal.</summary>
    public int HashesCompared { get; private set; }

    /// <summary>Replays from where it stands: from the beginning, or from where the last call stopped.</summary>
    /// <param name="to">Where to stop, or null for the recording's end.</param>
    /// <param name="verify">Whether to compare with the state hashes of the recording.</param>
    /// <exception cref="ReplayKitException">The replay left the recording, or the log is damaged.</exception>
    public void Run(Position? to = null, bool verify = false)
    {
        StateComparer? comparer = verify ? new StateComparer(Machine) : null;
        _inputs ??= new LogInputs(_log) { Advanced = Advanced };
        _inputs.To = to;
        _inputs.Comparer = comparer;
        MachineLoop.Run(Machine, _inputs);
        HashesCompared += comparer?.Compared ?? 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Machine.Dispose();
        _log.Dispose();
    }

    private static void CheckModel(MachineDescription machine)
    {
        if (!Guest.Machine.X86.CpuModels.Create(machine.CpuModel, machine.Vcpus).Leaves.SequenceEqual(machine.Cpuid))
        {
            throw new ReplayKitException(504, ExitCode.HostCannot, $"the recording's CPU model {machine.CpuModel} answers CPUID differently from this version's; replay it with the version that recorded it");
        }
    }

    // Reads the log through once: a recording that this host cannot repeat is refused before it starts, not where it parts.
    private static void CheckVendor(RecordingFolder recording)
    {
        using LogReader log = recording.ReadLog();
        while (log.Next())
        {
            if (log.Kind == RecordKind.HostVendor && Encoding.ASCII.GetString(log.Read<HostVendor>().Name) is var vendor && vendor != HostFeatures.Vendor)
            {
                throw new ReplayKitException(506, ExitCode.HostCannot, $"the guest used x87 functions whose results depend on the processor's vendor, at the latest at {log.Position}: it was recorded on {vendor}, this host is {HostFeatures.Vendor}; replay it on a host of that vendor");
            }
        }
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
