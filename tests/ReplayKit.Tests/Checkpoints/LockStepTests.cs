using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;
using Guest.Machine.X86.Decode;
using Replay.Engine.Segments;
using Replay.Log;

namespace ReplayKit.Tests.Checkpoints;

/// <summary>Two engines side by side over a recording: the first instruction at which they part is named.</summary>
[Collection(CheckpointedBoot.Collection)]
public sealed class LockStepTests(CheckpointedBoot boot)
{
    private static readonly Position From = new(0, 40_000_000);
    private static readonly Position To = new(0, 60_000_000);

    [Fact]
    public void Both_engines_do_the_same_over_a_recording()
    {
        using LockStep lockStep = new(RecordingFolder.Open(boot.Path), From);
        Assert.Null(lockStep.Run(To));
        Assert.Equal((EngineKind.Translator, EngineKind.Interpreter), (lockStep.FirstKind, lockStep.SecondKind));
        Assert.True(lockStep.Compared > 1);
    }

    [Theory]
    [InlineData(40_000_001)]
    [InlineData(51_234_567)]
    [InlineData(60_000_000)]
    public void The_instruction_after_which_one_bit_differs_is_named(ulong flippedAt)
    {
        using LockStep lockStep = new(RecordingFolder.Open(boot.Path), From);
        lockStep.Second.Machine.Engines[0].Observer = new Flip(flippedAt);

        Parting parting = Assert.IsType<Parting>(lockStep.Run(To));

        Assert.Equal(new Position(0, flippedAt - 1), parting.At);
        string difference = Assert.Single(parting.Differences);
        Assert.StartsWith("ymm15.3 ", difference, StringComparison.Ordinal);
        Assert.Contains("0x", parting.Instruction, StringComparison.Ordinal);
    }

    /// <summary>Flips one bit of a register that nothing uses, behind one instruction.</summary>
    private sealed class Flip(ulong at) : IInstructionObserver
    {
        public void Executing(Vcpu cpu, ref Op op)
        {
        }

        public void Retired(Vcpu cpu, ref Op op) => cpu.State.Vectors[63] ^= cpu.State.Retired == at ? 1UL : 0;

        public void Delivering(Vcpu cpu, byte vector, uint? errorCode, bool external)
        {
        }
    }
}
