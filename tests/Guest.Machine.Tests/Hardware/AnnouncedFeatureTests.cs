using Guest.Machine.Hardware;
using Guest.Machine.Hardware.Engine;
using Guest.Machine.Hardware.Generate;
using Guest.Machine.Hardware.Vectors;
using Guest.Machine.X86;
using Iced.Intel;

namespace Guest.Machine.Tests.Hardware;

/// <summary>What CPUID does not announce does not exist.</summary>
public sealed class AnnouncedFeatureTests
{
    private static readonly CpuModel small = CpuModels.Create("x86-64-v2");

    [Fact]
    public void An_instruction_that_the_model_does_not_announce_raises_UD()
    {
        using var engine = new EngineCpu(small);
        engine.Enter(CpuMode.Long);
        Code[] missing = [.. TestedCodes.All(CpuMode.Long).Where(code => !small.Announces(code))];
        Assert.True(missing.Length > 500);
        Assert.All(missing, code => Assert.Equal(Existing(code), Run(engine, code).Vector));
    }

    // TZCNT and LZCNT are BSF and BSR with a prefix that means nothing (Intel SDM 2B).
    private static int Existing(Code code) => code.Mnemonic() is Mnemonic.Tzcnt or Mnemonic.Lzcnt ? Outcome.None : 6;

    private static Outcome Run(EngineCpu engine, Code code)
    {
        var rng = new Rng((ulong)code);
        var instance = new Instance();
        do
        {
            Assert.True(new InstanceGenerator(CpuMode.Long).Next(ref rng, code, instance));
        }
        while (instance.Decoded.Code != code || (instance.Memory.Count != 0 && Existing(code) != 6) || instance.Address + 15 > Arena.Code + Arena.CodeSize);
        CpuSnapshot state = StateText.Plain;
        state.Rip = instance.Address;
        engine.SetCode(instance.Address, instance.Bytes.AsSpan(0, instance.Length));
        return engine.Run(ref state);
    }
}
