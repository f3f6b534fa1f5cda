using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86.Translate;
using Replay.Engine.Observe;
using ReplayKit.Tests.Determinism;
using ReplayKit.Tests.Guests;

namespace ReplayKit.Tests.Observe;

/// <summary>What is observed of a boot does not depend on the engine, and the boot does not depend on being observed.</summary>
public sealed class EnginesObserveAlikeTests
{
    private const ulong Window = 400_000;

    public static TheoryData<string, ulong> Windows => new()
    {
        { "the first instructions, in other modes than 64-bit", 0 },
        { "the kernel's early start", 20_000_000 },
        { "drivers and interrupts", 150_000_000 },
        { "processes", 620_000_000 },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Both_engines_give_the_same_events_and_counts_in_the_same_order(string window, ulong from)
    {
        Everything translated = Observe(new EngineOptions(), from, out IReadOnlyList<StatePart> translatedState);
        Everything interpreted = Observe(new EngineOptions { Kind = EngineKind.Interpreter }, from, out IReadOnlyList<StatePart> interpretedState);

        AssertSame(interpreted.Instructions, translated.Instructions, window);
        AssertSame(interpreted.Accesses, translated.Accesses, window);
        AssertSame(interpreted.Branches, translated.Branches, window);
        AssertSame(interpreted.Rare, translated.Rare, window);
        Assert.Equal((long)Window, translated.Retired.Total);
        Assert.Equal((long)Window, translated.Instructions.Count);
        Assert.Equal(interpreted.UserRetired.Total, translated.UserRetired.Total);
        Assert.Equal(translated.Instructions.Count(each => each.Ring == 3), translated.UserRetired.Total);
        Assert.Equal(interpreted.Blocks.Total, translated.Blocks.Total);
        Assert.Equal(translated.Branches.Count, translated.Blocks.Total);
        Assert.True(translated.Accesses.Count > 1000 && translated.Branches.Count > 1000, "the window has next to nothing in it");
        AssertSame([.. interpreted.Code.Sorted()], [.. translated.Code.Sorted()], window);
        AssertSame([.. interpreted.Edges.Sorted()], [.. translated.Edges.Sorted()], window);
        Assert.Equal(interpretedState, translatedState);
        Assert.Equal(Unobserved(from), translatedState);
    }

    private static void AssertSame<T>(List<T> expected, List<T> actual, string window)
    {
        for (int i = 0; i < Math.Min(expected.Count, actual.Count); i++)
        {
            if (!EqualityComparer<T>.Default.Equals(expected[i], actual[i]))
            {
                Assert.Fail($"{window}, {typeof(T).Name} {i}: the interpreter has {expected[i]}, the translator {actual[i]}");
            }
        }

        Assert.Equal(expected.Count, actual.Count);
    }

    private static Everything Observe(EngineOptions options, ulong from, out IReadOnlyList<StatePart> state)
    {
        using VirtualMachine machine = Booted(options, from);
        Everything plugin = new();
        PluginRun<Everything> run = new(plugin, (first, next) => first.Append(next));
        using Observation observation = new(machine, [run]);
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, from + Window)));
        observation.Complete();
        Assert.Null(run.Slot.Failure);
        if (machine.Engines[0] is Translator translator && from > 0)
        {
            Assert.True(translator.Statistics.Interpreted < (long)from / 4, "the translator left too much to the interpreter");
        }

        state = machine.HashState();
        return plugin;
    }

    private static IReadOnlyList<StatePart> Unobserved(ulong from)
    {
        using VirtualMachine machine = Booted(new EngineOptions(), from);
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, from + Window)));
        return machine.HashState();
    }

    private static VirtualMachine Booted(EngineOptions options, ulong from)
    {
        MachineDescription description = MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Virtual);
        var machine = new VirtualMachine(description, DebianGuest.Images, new BootInputs(1_700_000_000, new byte[32]), new Silence(), options);
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, from)));
        return machine;
    }
}
