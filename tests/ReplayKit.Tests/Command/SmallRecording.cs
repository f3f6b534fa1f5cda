using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;
using Replay.Log.Manifests;
using Replay.Log.Records;

namespace ReplayKit.Tests.Command;

/// <summary>A recording with one record of each kind, made without a machine: for the verbs that only read the log.</summary>
internal static class SmallRecording
{
    /// <summary>The position of its end.</summary>
    public static Position End { get; } = new(0, 5000);

    /// <summary>Writes it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="ended">False leaves it as a killed recorder would.</param>
    public static void Write(string path, bool ended = true)
    {
        using NewRecording recording = NewRecording.Create(path, Manifest(), LogOptions.Default);
        recording.Log.Append(default, new BootSeed([1, 2, 3, 4]));
        recording.Log.Append(default, new ClockStart(1_700_000_000));
        recording.Log.Append(new Position(0, 1000), new TimeAnchor(2000, 1UL << 31));
        recording.Log.Append(new Position(0, 2000), new ConsoleInput("ls\n"u8));
        recording.Log.Append(new Position(0, 4096), new StateHash([new StatePart(StatePartKind.Registers, 0, 7), new StatePart(StatePartKind.Memory, 1, 8)]));
        recording.WriteConsole("hello\n"u8);
        recording.Flush(new Position(0, 4500));
        if (ended)
        {
            recording.Log.Append(End, new End(EndReason.PowerOff));
            recording.Flush(End);
        }
    }

    private static Manifest Manifest() => new()
    {
        WrittenBy = "a test",
        Machine = new MachineDescription
        {
            CpuModel = "x86-64-v2",
            Cpuid = [],
            MemoryBytes = 64 << 20,
            Vcpus = 1,
            ClockMode = ClockMode.Host,
            TscHz = 1_000_000_000,
            MemoryHashKey = 1,
            VirtualRate = 1UL << 32,
            Devices = [],
        },
        Kernel = new FileIdentity("/boot/vmlinuz", 1, new string('a', 64)),
        Initrd = null,
        CommandLine = "console=ttyS0",
        Host = HostFacts.OfThisHost(),
    };
}
