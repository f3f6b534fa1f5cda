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

    public static TheoryData<string, EngineKind, int, int, ulong, int> Choices => new()
    {
        { "a TLB of two entries", EngineKind.Translator, 2, 32, 0, 64 },
        { "a TLB of 16384 entries", EngineKind.Translator, 16384, 32, 0, 64 },
        { "blocks of one instruction", EngineKind.Translator, 1024, 1, 0, 64 },
        { "blocks of up to 200 instructions", EngineKind.Translator, 256, 200, 0, 64 },
        { "blocks of at most three instructions", EngineKind.Translator, 64, 3, 0, 64 },
        { "a code memory that is emptied again and again", EngineKind.Translator, 256, 32, 0, 1 },
        { "random flushes and cold starts, seed 1", EngineKind.Translator, 1024, 32, 0x9E3779B97F4A7C15, 64 },
        { "random flushes and cold starts, seed 2", EngineKind.Translator, 256, 7, 0xD1B54A32D192ED03, 64 },
        { "the interpreter", EngineKind.Interpreter, 256, 32, 0, 64 },
        { "the interpreter with a TLB of two entries", EngineKind.Interpreter, 2, 64, 0, 64 },
        { "the interpreter with blocks of one instruction", EngineKind.Interpreter, 1024, 1, 0, 64 },
        { "the interpreter with random flushes and cold starts", EngineKind.Interpreter, 1024, 64, 0x9E3779B97F4A7C15, 64 },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void The_state_of_a_boot_does_not_depend_on(string choice, EngineKind engine, int tlbEntries, int maxBlock, ulong chaosSeed, int codeMegabytes)
    {
        IReadOnlyList<StatePart> actual = StateWith(new EngineOptions
        {
            Kind = engine,
            TlbEntries = tlbEntries,
            MaxBlock = maxBlock,
            ChaosSeed = chaosSeed,
            CodeBytes = codeMegabytes << 20,
        });

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
