namespace Replay.Multicore.Tests;

/// <summary>A machine of words and a few registers: each vCPU executes its program's instructions on memory whose objects are single words.</summary>
internal sealed class Machine
{
    private readonly Instruction[][] _programs;
    private readonly ulong[] _memory;
    private readonly ulong[][] _seen;
    private readonly ulong[] _registers;

    /// <summary>Creates it with memory all zero.</summary>
    /// <param name="words">Words of memory.</param>
    /// <param name="programs">What each vCPU executes.</param>
    public Machine(int words, Instruction[][] programs)
    {
        _memory = new ulong[words];
        _programs = programs;
        _registers = new ulong[programs.Length];
        _seen = [.. programs.Select(program => new ulong[program.Length])];
    }

    /// <summary>What memory holds.</summary>
    public IReadOnlyList<ulong> Memory => _memory;

    /// <summary>[vcpu][instruction] the vCPU's register behind it: everything that it has ever seen is in there.</summary>
    public IReadOnlyList<ulong[]> Seen => _seen;

    /// <summary>Runs every vCPU on its own thread, with ownership.</summary>
    /// <param name="disturbed">0, or the seed of random places at which a thread stops for a moment.</param>
    /// <param name="leastHold">Instructions a right is held at least.</param>
    /// <returns>The changes of ownership.</returns>
    public List<OwnershipChange> Record(int disturbed = 0, ulong leastHold = 0)
    {
        List<OwnershipChange> changes = [];
        OwnershipDirectory directory = new(_memory.Length, _programs.Length, leastHold, changes.Add);
        OnThreads(vcpu => Live(directory.Vcpus[vcpu], disturbed == 0 ? null : new Random(disturbed + vcpu)));
        return changes;
    }

    /// <summary>Runs every vCPU on its own thread, in the order of a recording.</summary>
    public void ReplayInParallel(IReadOnlyList<OwnershipChange> changes, int disturbed = 0)
    {
        OwnershipOrder order = new(_programs.Length, changes);
        OnThreads(vcpu =>
        {
            Random? random = disturbed == 0 ? null : new Random(disturbed + vcpu);
            for (int at = 0; at < _programs[vcpu].Length; at++)
            {
                Disturb(random);
                order.WaitToRun(vcpu);
                Execute(vcpu, at);
                order.HasRetired(vcpu);
            }
        });
    }

    /// <summary>Runs the vCPUs on one thread, each as far as it can come.</summary>
    /// <param name="changes">The recording.</param>
    /// <param name="seed">Of who is tried next.</param>
    public void ReplaySerially(IReadOnlyList<OwnershipChange> changes, int seed)
    {
        OwnershipOrder order = new(_programs.Length, changes);
        Random random = new(seed);
        int[] at = new int[_programs.Length];
        int left = _programs.Sum(program => program.Length);
        for (int stuck = 0; left > 0; stuck++)
        {
            Assert.True(stuck < 10_000, "nobody can go on");
            int vcpu = random.Next(at.Length);
            for (int most = random.Next(200); most > 0 && at[vcpu] < _programs[vcpu].Length && order.CanRun(vcpu); most--)
            {
                Execute(vcpu, at[vcpu]++);
                order.HasRetired(vcpu);
                left--;
                stuck = 0;
            }
        }
    }

    // As a vCPU with a software TLB: what it has a right to it accesses without asking anybody.
    private void Live(VcpuRights rights, Random? random)
    {
        Instruction[] program = _programs[rights.Vcpu];
        Right[] held = new Right[_memory.Length];
        rights.Losing = (number, kept) => held[number] = kept;
        for (int at = 0; at < program.Length; at++)
        {
            Disturb(random);
            rights.SafePoint((ulong)at);
            Instruction instruction = program[at];
            if (instruction.Halts)
            {
                rights.Park((ulong)at);
                Thread.Sleep(0);
                rights.Resume();
            }

            if (instruction.Needs.Any(need => held[need.Number] < need.Right))
            {
                rights.Acquire((ulong)at, instruction.Needs);
                foreach (Need need in instruction.Needs)
                {
                    held[need.Number] = held[need.Number] < need.Right ? need.Right : held[need.Number];
                }
            }

            Execute(rights.Vcpu, at);
        }

        rights.Park((ulong)program.Length);
    }

    private void Execute(int vcpu, int at)
    {
        Instruction instruction = _programs[vcpu][at];
        ref ulong register = ref _registers[vcpu];
        instruction.Run(_memory, ref register);
        _seen[vcpu][at] = register;
    }

    private static void Disturb(Random? random)
    {
        switch (random?.Next(2000))
        {
            case 0:
                Thread.Sleep(1);
                break;
            case < 20:
                Thread.Yield();
                break;
            default:
                break;
        }
    }

    private void OnThreads(Action<int> body)
    {
        List<Exception> failures = [];
        Thread[] threads = [.. Enumerable.Range(0, _programs.Length).Select(vcpu => new Thread(() =>
        {
            try
            {
                body(vcpu);
            }
            catch (Exception failure)
            {
                lock (failures)
                {
                    failures.Add(failure);
                }
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.IsBackground = true;
            thread.Start();
        }

        bool ended = threads.All(thread => thread.Join(TimeSpan.FromMinutes(2)));
        Assert.Empty(failures);
        Assert.True(ended, "the threads wait for one another");
    }
}
