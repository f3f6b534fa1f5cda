namespace Replay.Multicore.Tests;

/// <summary>The classic questions about memory order: outcomes that x86 forbids are never recorded, and a replay gives each outcome again.</summary>
public sealed class LitmusTests
{
    private const int Rounds = 4000;

    public static TheoryData<string> Names => ["store buffering", "message passing", "load buffering", "independent reads of independent writes", "coherence"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Outcomes_are_those_that_x86_allows_and_come_again(string name)
    {
        (int words, Func<int, Instruction[]>[] threads, Func<ulong[], bool> forbidden) = Of(name);
        Instruction[][] programs = [.. threads.Select(thread => Enumerable.Range(0, Rounds).SelectMany(round => thread(round * words)).ToArray())];
        Machine recorded = new(words * Rounds, programs);
        List<OwnershipChange> changes = recorded.Record(disturbed: 11);
        for (int round = 0; round < Rounds; round++)
        {
            ulong[] outcome = [.. threads.SelectMany((thread, vcpu) => LoadsOf(recorded, vcpu, round, thread(0)))];
            Assert.False(forbidden(outcome), $"{name}: {string.Join(' ', outcome)} in round {round}");
        }

        Machine replayed = new(words * Rounds, programs);
        replayed.ReplayInParallel(changes, disturbed: 12);
        for (int vcpu = 0; vcpu < threads.Length; vcpu++)
        {
            Assert.Equal(recorded.Seen[vcpu], replayed.Seen[vcpu]);
        }
    }

    // What the loads of one round saw, in program order.
    private static IEnumerable<ulong> LoadsOf(Machine machine, int vcpu, int round, Instruction[] thread) =>
        thread.Select((instruction, index) => (instruction, index)).Where(pair => pair.instruction.Needs[0].Right == Right.Read)
            .Select(pair => machine.Seen[vcpu][(round * thread.Length) + pair.index]);

    // Memory is sequentially consistent here, which is stricter than x86: store buffering's 0 0 would be allowed and does not occur.
    private static (int Words, Func<int, Instruction[]>[] Threads, Func<ulong[], bool> Forbidden) Of(string name) => name switch
    {
        "store buffering" => (2,
            [at => [Instruction.Store(at, 1), Instruction.Load(at + 1)], at => [Instruction.Store(at + 1, 1), Instruction.Load(at)]],
            seen => seen is [0, 0]),
        "message passing" => (2,
            [at => [Instruction.Store(at, 1), Instruction.Store(at + 1, 1)], at => [Instruction.Load(at + 1), Instruction.Load(at)]],
            seen => seen is [1, 0]),
        "load buffering" => (2,
            [at => [Instruction.Load(at), Instruction.Store(at + 1, 1)], at => [Instruction.Load(at + 1), Instruction.Store(at, 1)]],
            seen => seen is [1, 1]),
        "coherence" => (1,
            [at => [Instruction.Store(at, 1), Instruction.Store(at, 2)], at => [Instruction.Load(at), Instruction.Load(at)]],
            seen => seen[1] < seen[0]),
        _ => (2,
            [at => [Instruction.Store(at, 1)], at => [Instruction.Store(at + 1, 1)], at => [Instruction.Load(at), Instruction.Load(at + 1)], at => [Instruction.Load(at + 1), Instruction.Load(at)]],
            seen => seen is [1, 0, 1, 0]),
    };
}
