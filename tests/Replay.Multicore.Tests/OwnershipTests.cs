namespace Replay.Multicore.Tests;

/// <summary>Threads that race over memory with ownership: only their changes of ownership are kept, and a replay by these gives what they gave.</summary>
public sealed class OwnershipTests
{
    [Theory]
    [InlineData(2, 2, 4000, 0)]
    [InlineData(2, 64, 20_000, 0)]
    [InlineData(3, 5, 6000, 1)]
    [InlineData(4, 40, 8000, 2)]
    [InlineData(8, 12, 3000, 3)]
    [InlineData(16, 100, 1500, 4)]
    public void A_replay_in_parallel_or_serially_sees_what_the_recording_saw(int vcpus, int words, int length, int disturbed)
    {
        for (int seed = 1; seed <= 3; seed++)
        {
            Instruction[][] programs = Programs(seed, vcpus, words, length);
            Machine recorded = new(words, programs);
            List<OwnershipChange> changes = recorded.Record(disturbed, leastHold: (ulong)seed * 3);
            Assert.NotEmpty(changes);

            Machine parallel = new(words, programs);
            parallel.ReplayInParallel(changes, disturbed == 0 ? 0 : disturbed + 100);
            AssertEqual(recorded, parallel);

            Machine serial = new(words, programs);
            serial.ReplaySerially(changes, seed);
            AssertEqual(recorded, serial);
        }
    }

    [Fact]
    public void Without_the_recorded_order_a_replay_sees_something_else()
    {
        Instruction[][] programs = Programs(7, 4, 8, 4000);
        Machine recorded = new(8, programs);
        recorded.Record();
        Machine free = new(8, programs);
        free.ReplaySerially([], seed: 1);
        Assert.NotEqual(recorded.Memory, free.Memory);
    }

    [Fact]
    public void Leaving_out_a_change_is_seen_unless_others_imply_it()
    {
        Instruction[][] programs = Programs(3, 3, 4, 300);
        Machine recorded = new(4, programs);
        List<OwnershipChange> changes = recorded.Record(disturbed: 5);
        int seen = 0;
        for (int left = 0; left < changes.Count; left++)
        {
            List<OwnershipChange> others = [.. changes.Where((_, index) => index != left)];
            for (int seed = 1; seed <= 20; seed++)
            {
                Machine replayed = new(4, programs);
                replayed.ReplaySerially(others, seed);
                if (!IsEqual(recorded, replayed))
                {
                    seen++;
                    break;
                }
            }
        }

        // About half of the orders are implied by others.
        Assert.True(seen * 4 > changes.Count, $"leaving out a change was seen {seen} times of {changes.Count}");
    }

    [Fact]
    public void Increments_of_one_instruction_are_never_lost()
    {
        const int Length = 3000;
        Instruction[][] programs = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Repeat(Instruction.Increment(0), Length).ToArray())];
        Machine machine = new(1, programs);
        machine.Record(disturbed: 9);
        Assert.Equal(4UL * Length, machine.Memory[0]);
    }

    [Fact]
    public void Increments_of_two_instructions_are_lost_as_often_in_the_replay_as_in_the_recording()
    {
        const int Rounds = 1500;
        HashSet<ulong> results = [];
        for (int run = 1; run <= 10; run++)
        {
            Instruction[][] programs = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Repeat<Instruction[]>([Instruction.Load(0), Instruction.Nothing, Instruction.StoreRegister(0, 0)], Rounds).SelectMany(all => all).ToArray())];
            Machine recorded = new(1, programs);
            List<OwnershipChange> changes = recorded.Record(disturbed: run);
            results.Add(recorded.Memory[0]);
            Machine replayed = new(1, programs);
            replayed.ReplayInParallel(changes, disturbed: run + 50);
            AssertEqual(recorded, replayed);
        }

        Assert.True(results.Count > 1, "ten races ended alike");
    }

    [Fact]
    public void A_vCPU_that_works_alone_changes_nothing()
    {
        Instruction[][] programs = [.. Enumerable.Range(0, 4).Select(vcpu => Enumerable.Repeat(Instruction.Increment(vcpu), 2000).ToArray())];
        Assert.Empty(new Machine(4, programs).Record(disturbed: 1));
    }

    [Fact]
    public void Readers_do_not_order_one_another()
    {
        Instruction[][] programs = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 2000).Select(i => Instruction.Load(i % 7)).ToArray())];
        Assert.Empty(new Machine(7, programs).Record(disturbed: 1));
    }

    [Fact]
    public void Two_that_need_the_same_two_objects_both_get_on()
    {
        Instruction both = new() { Needs = [new(0, Right.Write), new(1, Right.Write)], Run = (ulong[] memory, ref ulong register) => register = memory[0]++ + memory[1]++ };
        Instruction reversed = new() { Needs = [new(1, Right.Write), new(0, Right.Write)], Run = (ulong[] memory, ref ulong register) => register = memory[0]++ + memory[1]++ };
        Instruction[][] programs = [[.. Enumerable.Repeat(both, 3000)], [.. Enumerable.Repeat(reversed, 3000)], [.. Enumerable.Repeat(both, 3000)]];
        Machine machine = new(2, programs);
        machine.Record(disturbed: 3);
        Assert.Equal([9000UL, 9000UL], machine.Memory);
    }

    private static Instruction[][] Programs(int seed, int vcpus, int words, int length)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, vcpus).Select(_ => Instruction.RandomProgram(random, length, words))];
    }

    private static void AssertEqual(Machine one, Machine other)
    {
        Assert.Equal(one.Memory, other.Memory);
        for (int vcpu = 0; vcpu < one.Seen.Count; vcpu++)
        {
            int at = one.Seen[vcpu].AsSpan().CommonPrefixLength(other.Seen[vcpu]);
            Assert.True(at == one.Seen[vcpu].Length, $"vCPU {vcpu} sees something else at instruction {at}");
        }
    }

    private static bool IsEqual(Machine one, Machine other) =>
        one.Memory.SequenceEqual(other.Memory) && one.Seen.Zip(other.Seen).All(both => both.First.AsSpan().SequenceEqual(both.Second));
}
