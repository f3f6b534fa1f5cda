using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Log;
using ReplayKit.Tests.Guests;
using Vmm.Record;

namespace ReplayKit.Tests.Determinism;

/// <summary>A recording made by one engine verifies on the other: hashes, anchors, timers and inputs are at the same instructions.</summary>
public sealed class EngineSwapTests : IDisposable
{
    private const ulong Instructions = 80_000_000;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(EngineKind.Translator, EngineKind.Interpreter)]
    [InlineData(EngineKind.Interpreter, EngineKind.Translator)]
    public void A_recording_of_one_engine_verifies_on_the_other(EngineKind recorded, EngineKind replayed)
    {
        string path = _folder.File("boot.rk");
        MachineDescription description = MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Host, new EntropyDescription { Slot = 1, Name = "entropy0" });
        Recorder recorder = new(description, MachineFiles.Load(DebianGuest.Kernel, DebianGuest.Initrd, "console=ttyS0 earlyprintk=ttyS0"), new RunLimits(Instructions: Instructions))
        {
            HashEvery = 7_000_000,
            Engine = EngineOptions.Default with { Kind = recorded },
        };
        using (ConsoleQueue console = new())
        {
            Assert.Equal(Replay.Log.Records.EndReason.InstructionLimit, recorder.Record(path, LogOptions.Default, console, new Silence()).Reason);
        }

        using Replayer replayer = new(RecordingFolder.Open(path), new Silence(), EngineOptions.Default with { Kind = replayed });
        replayer.Run(verify: true);

        Assert.Equal(LogEnding.Ended, replayer.Ending);
        Assert.Equal(Instructions, replayer.Machine.Position.Retired);
        Assert.True(replayer.HashesCompared >= 10);
    }
}
