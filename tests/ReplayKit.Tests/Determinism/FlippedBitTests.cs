using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.State;
using Guest.Machine.X86;
using Replay.Engine;
using Replay.Log;
using Replay.Log.Records;
using ReplayKit.Tests.Guests;
using Vmm.Record;

namespace ReplayKit.Tests.Determinism;

/// <summary>One bit flipped in any part of the state of a replay is caught by the next state hash, by the name of its part.</summary>
public sealed class FlippedBitTests : IClassFixture<FlippedBitTests.Recording>
{
    private readonly Recording _recording;

    public FlippedBitTests(Recording recording) => _recording = recording;

    private static PciDeviceDescription[] Devices =>
    [
        new EntropyDescription { Slot = 1, Name = "entropy0" },
        new PanicDescription { Slot = 31, Name = "panic0" },
    ];

    [Fact]
    public void An_untouched_replay_verifies()
    {
        using var replayer = new Replayer(RecordingFolder.Open(_recording.Path), new Silence());
        replayer.Run(verify: true);
        Assert.Equal(LogEnding.Ended, replayer.Ending);
        Assert.True(replayer.HashesCompared > 1);
    }

    [Fact]
    public void A_bit_of_a_register_is_missed() => Flip("registers of vCPU 0", machine => machine.Cpu.State.R15 ^= 1UL << 63);

    [Fact]
    public void A_bit_of_a_vector_register_is_missed() => Flip("registers of vCPU 0", machine => machine.Cpu.State.Vectors[63] ^= 1);

    [Fact]
    public void A_bit_of_memory_is_missed() => Flip("memory", machine =>
    {
        var address = new GuestPhysical(200UL << 20);
        Span<byte> value = stackalloc byte[1];
        machine.Memory.Read(address, value);
        value[0] ^= 0x10;
        machine.Memory.Write(address, value);
    });

    [Fact]
    public void A_bit_of_the_console_output_is_missed() => Flip("console output", machine => machine.Output.Write((byte)'!'));

    [Fact]
    public void A_bit_of_the_clock_is_missed() => Flip("device clock", machine => FlipSaved(machine.Clock, machine.Clock.Save, machine.Clock.Restore));

    public static TheoryData<string> DeviceNames => [.. PcBoard.Describe(1, Devices).Select(device => device.Name)];

    [Theory]
    [MemberData(nameof(DeviceNames))]
    public void A_bit_of_a_device_is_missed(string name) => Flip($"device {name}", machine =>
    {
        IDevice device = machine.Board.Devices.Single(device => device.Name == name);
        FlipSaved(device, device.Save, device.Restore);
    });

    // Replays to the place of a state hash, flips, and replays on.
    private void Flip(string part, Action<VirtualMachine> flip)
    {
        using var replayer = new Replayer(RecordingFolder.Open(_recording.Path), new Silence());
        replayer.Run(to: _recording.HashAt);
        Assert.Equal(_recording.HashAt, replayer.Machine.Position);
        flip(replayer.Machine);

        ReplayKitException divergence = Assert.Throws<ReplayKitException>(() => replayer.Run(verify: true));

        Assert.Equal(ExitCode.Divergence, divergence.ExitCode);
        Assert.Contains(part, divergence.Message, StringComparison.Ordinal);
    }

    // The first bit of what the device saves that makes a difference to what it saves afterwards.
    private static void FlipSaved(IDevice device, Action<StateWriter> save, Action<StateReader> restore)
    {
        byte[] before = Saved(save);
        for (int bit = 0; bit < before.Length * 8; bit++)
        {
            byte[] flipped = [.. before];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                restore(new StateReader(flipped));
            }
            catch (ReplayKitException)
            {
                restore(new StateReader(before));
                continue;
            }

            if (!Saved(save).AsSpan().SequenceEqual(before))
            {
                return;
            }
        }

        Assert.Fail($"no bit of what {device.Name} saves makes a difference");
    }

    private static byte[] Saved(Action<StateWriter> save)
    {
        var writer = new StateWriter();
        save(writer);
        return writer.Written.ToArray();
    }

    /// <summary>A recording of the first part of a boot, with several state hashes.</summary>
    public sealed class Recording : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Recording()
        {
            Path = System.IO.Path.Combine(_folder.Path, "boot.rk");
            MachineDescription description = MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Host, [.. Devices]);
            var recorder = new Recorder(description, MachineFiles.Load(DebianGuest.Kernel, DebianGuest.Initrd, "console=ttyS0 earlyprintk=ttyS0"), new RunLimits(Instructions: 60_000_000)) { HashEvery = 20_000_000 };
            using var console = new ConsoleQueue();
            RunResult result = recorder.Record(Path, LogOptions.Default, console, new Silence());
            Assert.Equal(EndReason.InstructionLimit, result.Reason);
            HashAt = FirstHash();
        }

        public string Path { get; }

        public Position HashAt { get; }

        public void Dispose() => _folder.Dispose();

        private Position FirstHash()
        {
            using LogReader log = RecordingFolder.Open(Path).ReadLog();
            while (log.Next())
            {
                if (log.Kind == RecordKind.StateHash)
                {
                    return log.Position;
                }
            }

            throw new InvalidOperationException("the recording has no state hash");
        }
    }
}
