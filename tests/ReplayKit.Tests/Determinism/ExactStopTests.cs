using System.Globalization;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.State;
using Guest.Machine.X86;
using Guest.Machine.X86.Decode;
using ReplayKit.Tests.Guests;
using Xunit.Abstractions;

namespace ReplayKit.Tests.Determinism;

/// <summary>Both engines stop at exactly the instruction asked for, in the same state: at random counts, and where a fault or an interrupt has just been delivered.</summary>
/// <remarks><c>bench/exact_stops.sh</c> runs it with 100,000 stops (the variable REPLAYKIT_STOPS).</remarks>
public sealed class ExactStopTests(ITestOutputHelper output)
{
    // The part of the boot that is looked at: processes run there, and page faults are many.
    private const ulong From = 1_420_000_000;
    private const ulong Instructions = 140_000_000;
    private const int ShortForm = 400;
    private static readonly Lazy<VirtualMachine> Start = new(BootToStart);
    private static readonly Lazy<ulong[]> Deliveries = new(FindDeliveries);

    private static int Stops => int.TryParse(Environment.GetEnvironmentVariable("REPLAYKIT_STOPS"), CultureInfo.InvariantCulture, out int stops) ? stops : ShortForm;

    [Theory]
    [InlineData(1, 256, 32)]
    [InlineData(2, 2, 3)]
    [InlineData(3, 16384, 64)]
    public void Both_engines_are_in_the_same_state_at_every_stop(int seed, int tlbEntries, int maxBlock)
    {
        ulong[] stops = Choose(new Random(seed));
        using VirtualMachine translated = AtStart(new EngineOptions { TlbEntries = tlbEntries, MaxBlock = maxBlock });
        using VirtualMachine interpreted = AtStart(new EngineOptions { Kind = EngineKind.Interpreter });
        foreach (ulong stop in stops)
        {
            byte[] expected = StateAt(interpreted, stop);
            byte[] actual = StateAt(translated, stop);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"after {stop} instructions (seed {seed}) the registers or devices differ");
            Assert.True(interpreted.HashState().SequenceEqual(translated.HashState()), $"after {stop} instructions (seed {seed}) the state differs");
        }

        output.WriteLine($"seed {seed}: {stops.Length} stops, {Deliveries.Value.Length} places of faults and interrupts in {Instructions} instructions");
    }

    private static byte[] StateAt(VirtualMachine machine, ulong stop)
    {
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, stop)));
        Assert.Equal(stop, machine.Position.Retired);
        StateWriter state = new();
        machine.Save(state);
        return state.Written.ToArray();
    }

    // Half of them anywhere, half of them where something was delivered or up to 1000 instructions later, mostly fewer.
    private static ulong[] Choose(Random random)
    {
        ulong[] deliveries = Deliveries.Value;
        IEnumerable<ulong> anywhere = Enumerable.Range(0, Stops / 2).Select(_ => From + (ulong)random.NextInt64((long)Instructions));
        IEnumerable<ulong> after = Enumerable.Range(0, Stops / 2).Select(_ => deliveries[random.Next(deliveries.Length)] + (ulong)Math.Pow(10 * random.NextDouble(), 3));
        return [.. anywhere.Concat(after).Distinct().Order()];
    }

    private static ulong[] FindDeliveries()
    {
        using VirtualMachine machine = AtStart(EngineOptions.Default);
        DeliveryList deliveries = new();
        machine.Engines[0].Observer = deliveries;
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, From + Instructions)));
        Assert.True(deliveries.Places.Count > 100, $"{deliveries.Places.Count} deliveries");
        return [.. deliveries.Places.Distinct()];
    }

    private static VirtualMachine BootToStart()
    {
        VirtualMachine machine = new(Description(), DebianGuest.Images, new BootInputs(1_700_000_000, new byte[32]), new Silence());
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, From)));
        return machine;
    }

    private static VirtualMachine AtStart(EngineOptions options)
    {
        VirtualMachine machine = new(Description(), new Silence(), options);
        Start.Value.CopyTo(machine);
        return machine;
    }

    private static MachineDescription Description() => MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Virtual);

    /// <summary>Where faults and interrupts were delivered.</summary>
    private sealed class DeliveryList : IInstructionObserver
    {
        public List<ulong> Places { get; } = [];

        public void Executing(Vcpu cpu, ref Op op)
        {
        }

        public void Retired(Vcpu cpu, ref Op op)
        {
        }

        public void Delivering(Vcpu cpu, byte vector, uint? errorCode, bool external) => Places.Add(cpu.State.Retired);
    }
}
