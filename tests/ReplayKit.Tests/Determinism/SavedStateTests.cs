using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.State;
using ReplayKit.Tests.Guests;

namespace ReplayKit.Tests.Determinism;

/// <summary>A machine's state can be saved anywhere and restored anywhere, and nobody can tell afterwards.</summary>
public sealed class SavedStateTests
{
    private static readonly MachineDescription Description = MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Virtual);

    [Fact]
    public void A_restored_machine_is_the_saved_one_and_goes_on_as_it_did()
    {
        Random random = new(1);
        using VirtualMachine machine = Boot(EngineOptions.Default);
        for (ulong at = 0; at < 250_000_000; at += (ulong)random.Next(20_000_000, 60_000_000))
        {
            machine.RunTo(new Position(0, at));
            SavedMachine saved = new(machine);
            IReadOnlyList<StatePart> here = machine.HashState();
            Position there = new(0, at + (ulong)random.Next(1_000_000, 10_000_000));

            using var restored = new VirtualMachine(Description, new Silence(), new EngineOptions { ChaosSeed = 1 + at, TlbEntries = 64 });
            saved.RestoreTo(restored);
            Assert.Equal(here, restored.HashState());
            Assert.True(saved.State.SequenceEqual(Saved(restored)), $"the state at {machine.Position} saves as another one");

            machine.RunTo(there);
            restored.RunTo(there);
            Assert.Equal(machine.HashState(), restored.HashState());
            Assert.True(saved.Fetched < restored.Memory.PageCount / 4, $"{saved.Fetched} pages were fetched");
        }
    }

    [Fact]
    public void A_machine_goes_back_to_where_it_was_as_often_as_asked()
    {
        Random random = new(2);
        using VirtualMachine machine = Boot(EngineOptions.Default);
        List<(SavedMachine State, Position At, IReadOnlyList<StatePart> Hash)> places = [];
        for (int i = 1; i <= 6; i++)
        {
            machine.RunTo(new Position(0, (ulong)i * 30_000_000));
            places.Add((new SavedMachine(machine), machine.Position, machine.HashState()));
        }

        for (int i = 0; i < 30; i++)
        {
            int from = random.Next(places.Count - 1);
            places[from].State.RestoreTo(machine);
            Assert.Equal(places[from].At, machine.Position);
            if (random.Next(2) == 0)
            {
                machine.RunTo(new Position(0, machine.Position.Retired + 500_000));
            }
            else
            {
                machine.RunTo(places[from + 1].At);
                Assert.Equal(places[from + 1].Hash, machine.HashState());
            }
        }
    }

    [Fact]
    public void Every_device_saves_what_it_restored()
    {
        using VirtualMachine machine = Boot(EngineOptions.Default);
        using var other = new VirtualMachine(Description, new Silence());
        for (ulong at = 0; at <= 200_000_000; at += 2_000_000)
        {
            machine.RunTo(new Position(0, at));
            foreach ((IDevice device, IDevice copy) in machine.Board.Devices.Zip(other.Board.Devices))
            {
                byte[] saved = Saved(device.Save);
                copy.Restore(new StateReader(saved));
                Assert.True(saved.AsSpan().SequenceEqual(Saved(copy.Save)), $"{device.Name} at {machine.Position}");
            }
        }
    }

    [Fact]
    public void A_state_that_is_cut_or_has_more_is_damage_with_its_offset()
    {
        using VirtualMachine machine = Boot(EngineOptions.Default);
        machine.RunTo(new Position(0, 1_000_000));
        byte[] state = Saved(machine);
        SavedMachine saved = new(machine);
        for (int length = 0; length < state.Length; length += 7)
        {
            Refused(new StateReader(state.AsMemory(0, length)));
        }

        Refused(new StateReader((byte[])[.. state, 0]));

        void Refused(StateReader reader)
        {
            using var other = new VirtualMachine(Description, new Silence());
            ReplayKitException refusal = Assert.Throws<ReplayKitException>(() => other.Restore(reader, saved.Memory));
            Assert.Equal(280, refusal.Code);
            Assert.Contains("at offset ", refusal.Message, StringComparison.Ordinal);
        }
    }

    private static VirtualMachine Boot(EngineOptions options) =>
        new(Description, DebianGuest.Images, new BootInputs(1_700_000_000, new byte[32]), new Silence(), options);

    private static byte[] Saved(VirtualMachine machine) => Saved(machine.Save);

    private static byte[] Saved(Action<StateWriter> save)
    {
        StateWriter writer = new();
        save(writer);
        return writer.Written.ToArray();
    }
}
