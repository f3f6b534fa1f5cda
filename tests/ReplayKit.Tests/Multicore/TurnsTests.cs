using Guest.Machine;
using Guest.Machine.Board;
using ReplayKit.Tests.Determinism;
using ReplayKit.Tests.Guests;

namespace ReplayKit.Tests.Multicore;

/// <summary>Turns follow from the machine's state alone: no choice of the engine and no place at which somebody looks can change them.</summary>
public sealed class TurnsTests(SmpGuest guest) : IClassFixture<SmpGuest>
{
    private const int Cpus = 3;

    // A kernel boot with three processors, far enough for all of them to run threads.
    private const ulong Instructions = 700_000_000;
    private static readonly Lazy<IReadOnlyList<StatePart>> Expected = new(() => StateWith(EngineOptions.Default, TurnsDescription.Default));
    private static readonly Lazy<IReadOnlyList<StatePart>> Chaotic = new(() => StateWith(EngineOptions.Default, TurnsDescription.Chaos(1)));

    public static TheoryData<string, EngineKind, int, int, ulong, int> Choices => new()
    {
        { "a TLB of two entries", EngineKind.Translator, 2, 32, 0, 64 },
        { "blocks of at most three instructions", EngineKind.Translator, 64, 3, 0, 64 },
        { "a code memory that is emptied again and again", EngineKind.Translator, 256, 32, 0, 1 },
        { "random flushes and cold starts", EngineKind.Translator, 1024, 32, 0x9E3779B97F4A7C15, 64 },
        { "the interpreter with random flushes and cold starts", EngineKind.Interpreter, 256, 64, 0xD1B54A32D192ED03, 64 },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void The_state_of_a_boot_with_several_processors_does_not_depend_on(string choice, EngineKind engine, int tlbEntries, int maxBlock, ulong chaosSeed, int codeMegabytes)
    {
        var options = new EngineOptions { Kind = engine, TlbEntries = tlbEntries, MaxBlock = maxBlock, ChaosSeed = chaosSeed, CodeBytes = codeMegabytes << 20 };
        Assert.True(Expected.Value.SequenceEqual(StateWith(options, TurnsDescription.Default)), $"{choice} changes the state after {Instructions} instructions");
        Assert.True(Chaotic.Value.SequenceEqual(StateWith(options, TurnsDescription.Chaos(1))), $"{choice} changes the state with turns of varying length");
    }

    [Fact]
    public void Another_seed_gives_another_state() => Assert.NotEqual(Chaotic.Value, StateWith(EngineOptions.Default, TurnsDescription.Chaos(2)));

    [Fact]
    public void Looking_at_the_machine_anywhere_changes_nothing()
    {
        Random random = new(3);
        MachineDescription description = SmpGuest.Describe(4, TurnsDescription.Chaos(5));
        using VirtualMachine straight = Boot(description);
        using VirtualMachine watched = Boot(description);
        Assert.Equal(RunStop.Ended, straight.RunTo(new Position(0, ulong.MaxValue)));
        while (watched.RunTo(new Position(0, watched.Position.Retired + (ulong)random.Next(1, 900))) == RunStop.Reached)
        {
            _ = random.Next(3) == 0 ? watched.HashState() : null;
        }

        Assert.Equal(straight.Position, watched.Position);
        Assert.Equal(straight.HashState(), watched.HashState());
    }

    [Fact]
    public void A_machine_saved_anywhere_goes_on_as_it_did()
    {
        Random random = new(4);
        MachineDescription description = SmpGuest.Describe(4, TurnsDescription.Chaos(6));
        using VirtualMachine machine = Boot(description);
        using VirtualMachine straight = Boot(description);
        straight.RunTo(new Position(0, ulong.MaxValue));
        while (machine.RunTo(new Position(0, machine.Position.Retired + (ulong)random.Next(1, 8000))) == RunStop.Reached)
        {
            SavedMachine saved = new(machine);
            using var restored = new VirtualMachine(description, new Silence(), new EngineOptions { ChaosSeed = 1 + machine.Position.Retired, TlbEntries = 64 });
            saved.RestoreTo(restored);
            Assert.Equal(machine.Position, restored.Position);
            Assert.Equal(machine.Cpu.Index, restored.Cpu.Index);
            Assert.Equal(machine.HashState(), restored.HashState());
            if (random.Next(12) == 0)
            {
                restored.RunTo(new Position(0, ulong.MaxValue));
                Assert.Equal(straight.HashState(), restored.HashState());
            }
        }

        Assert.Equal(straight.HashState(), machine.HashState());
    }

    private VirtualMachine Boot(MachineDescription description) =>
        new(description, guest.Images(description.Vcpus, 2000), new BootInputs(1_700_000_000, new byte[32]), new Silence());

    private static IReadOnlyList<StatePart> StateWith(EngineOptions options, TurnsDescription turns)
    {
        MachineDescription description = MachineSetup.Describe("x86-64-v3", 256UL << 20, Cpus, ClockMode.Virtual) with { Turns = turns };
        using var machine = new VirtualMachine(description, DebianGuest.Images, new BootInputs(1_700_000_000, new byte[32]), new Silence(), options);
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, Instructions)));
        Assert.All(machine.Cpus, cpu => Assert.True(cpu.State.Retired > 1_000_000, $"vCPU {cpu.Index} has retired {cpu.State.Retired}"));
        return machine.HashState();
    }
}
