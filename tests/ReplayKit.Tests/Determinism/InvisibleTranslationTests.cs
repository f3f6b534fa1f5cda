using Guest.Machine;
using Guest.Machine.Board;
using ReplayKit.Tests.Guests;

namespace ReplayKit.Tests.Determinism;

/// <summary>The engine's own choices never reach the guest: the state after the same instructions is the same (design: translations are invisible).</summary>
public sealed class InvisibleTranslationTests
{
    // Far enough into the boot for page tables, user pages, patched code and interrupts.
    private const ulong Instructions = 250_000_000;
    private static readonly Lazy<IReadOnlyList<StatePart>> Expected = new(() => StateWith(EngineOptions.Default));

    public static TheoryData<string, int, int, ulong> Choices => new()
    {
        { "a TLB of two entries", 2, 64, 0 },
        { "a TLB of 16384 entries", 16384, 64, 0 },
        { "blocks of one instruction", 1024, 1, 0 },
        { "blocks of at most three instructions", 64, 3, 0 },
        { "random flushes and cold starts, seed 1", 1024, 64, 0x9E3779B97F4A7C15 },
        { "random flushes and cold starts, seed 2", 256, 7, 0xD1B54A32D192ED03 },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void The_state_of_a_boot_does_not_depend_on(string choice, int tlbEntries, int maxBlock, ulong chaosSeed)
    {
        IReadOnlyList<StatePart> actual = StateWith(new EngineOptions { TlbEntries = tlbEntries, MaxBlock = maxBlock, ChaosSeed = chaosSeed });

        Assert.True(Expected.Value.SequenceEqual(actual), $"{choice} changes the state after {Instructions} instructions");
    }

    [Fact]
    public void Two_runs_under_a_virtual_clock_reach_the_same_state()
    {
        Assert.Equal(Expected.Value, StateWith(EngineOptions.Default));
    }

    [Theory]
    [InlineData("x86-64-v2")]
    [InlineData("x86-64-v3,+la57")]
    public void A_boot_does_not_depend_on_flushes_with_the_model(string model)
    {
        const ulong Some = 100_000_000;
        Assert.Equal(StateWith(EngineOptions.Default, model, Some), StateWith(new EngineOptions { TlbEntries = 4, ChaosSeed = 3 }, model, Some));
    }

    private static IReadOnlyList<StatePart> StateWith(EngineOptions options, string model = "x86-64-v3", ulong instructions = Instructions)
    {
        MachineDescription description = MachineSetup.Describe(model, 256UL << 20, 1, ClockMode.Virtual);
        using var machine = new VirtualMachine(description, DebianGuest.Images, new BootInputs(1_700_000_000, new byte[32]), new Silence(), options);
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, instructions)));
        return machine.HashState();
    }
}
