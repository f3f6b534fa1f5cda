using Guest.Machine;
using Replay.Engine.Observe.Programs;

namespace Replay.Engine.Observe;

/// <summary>What can be observed of a replay. Only what is asked for is instrumented.</summary>
public interface IInstrumentation
{
    /// <summary>
    /// Counts executed basic blocks: one for each retired instruction that ends one (jump, call, return, system call, HLT). An interrupt in the middle makes no two of it.
    /// One addition in emitted code.
    /// </summary>
    void BlockExecuted(PerVcpu<long> add, CodeFilter? where = null);

    /// <summary>Counts retired instructions. One addition in emitted code for several of them.</summary>
    void InstructionRetired(PerVcpu<long> add, CodeFilter? where = null);

    /// <summary>Counts how often each instruction retired. One addition in emitted code for several of them.</summary>
    /// <param name="add">The counts.</param>
    /// <param name="where">Of which code.</param>
    /// <param name="by">The programs by which user code is told apart; null for address spaces.</param>
    void CodeExecuted(Counts<ExecutedCode> add, CodeFilter? where = null, GuestPrograms? by = null);

    /// <summary>Counts how often each jump and call went where. One addition in emitted code for each conditional jump that is taken, a record for each indirect one.</summary>
    /// <param name="add">The counts.</param>
    /// <param name="where">Of which code.</param>
    /// <param name="by">The programs by which user code is told apart; null for address spaces.</param>
    void EdgeExecuted(Counts<ExecutedEdge> add, CodeFilter? where = null, GuestPrograms? by = null);

    /// <summary>Counts code and edges together, as pieces of code: as cheap to keep as to count, and no row for each instruction and owner.</summary>
    /// <param name="add">The counts.</param>
    /// <param name="ring">Only at this privilege level; null for all.</param>
    /// <param name="by">The programs by which user code is told apart; null for address spaces.</param>
    void FlowExecuted(CodeFlow add, int? ring = null, GuestPrograms? by = null);

    /// <summary>Every retired instruction, in order.</summary>
    void Instructions(Batch<InstructionEvent> take, CodeFilter? where = null);

    /// <summary>Every executed piece of code, in order, as emitted code has written it: the cheapest way to see all of the execution. Where pieces are cut differs between engines.</summary>
    /// <param name="take">Takes them.</param>
    /// <param name="accesses">Whether the data accesses of their instructions are to be among them.</param>
    /// <param name="physical">Whether with their guest-physical addresses.</param>
    void Pieces(TraceBatch take, bool accesses = false, bool physical = false);

    /// <summary>Every data access, in order.</summary>
    /// <param name="take">Takes them.</param>
    /// <param name="where">Of which code.</param>
    /// <param name="reads">Whether reads are wanted.</param>
    /// <param name="writes">Whether writes are wanted.</param>
    void Accesses(Batch<AccessEvent> take, CodeFilter? where = null, bool reads = true, bool writes = true);

    /// <summary>Every retired jump, call, return, system call and return from the kernel, in order.</summary>
    void Branches(Batch<BranchEvent> take, CodeFilter? where = null);

    /// <summary>Interrupts and exceptions. INT n and its kin are instructions, not deliveries.</summary>
    void Delivering(Callback<DeliveryEvent> call);

    /// <summary>Instructions that enter or leave the kernel (SYSCALL, SYSRET, IRET, INT n), and HLT.</summary>
    /// <param name="before">Called before one; it may fault and be tried again.</param>
    /// <param name="after">Called when one has retired.</param>
    void Transfers(Callback<TransferEvent>? before, Callback<TransferEvent>? after = null);

    /// <summary>The beginning of a function of the kernel, found as soon as the guest's memory says where it is.</summary>
    /// <param name="symbol">Its name in kallsyms.</param>
    /// <param name="before">Called before its first instruction.</param>
    void KernelFunction(string symbol, Callback<TransferEvent> before);

    /// <summary>Another address space has come into force.</summary>
    void SpaceChanged(Callback<SpaceEvent> call);

    /// <summary>
    /// Called whenever all instructions, accesses and branches of a stretch have been handed over, but for a branch at its end, whose target is not known yet: memory and the address space are still those of the
    /// stretch. Where stretches end differs from engine to engine.
    /// </summary>
    void HandedOver(Action call);

    /// <summary>Called whenever all vCPUs together have retired another so many instructions since the recording's beginning; counters are up to date then, and may be cleared.</summary>
    /// <param name="instructions">The interval; from 1.</param>
    /// <param name="call">Takes the instructions retired since the beginning: a multiple of the interval.</param>
    void Every(ulong instructions, Action<ulong> call);

    /// <summary>Called once at the end of the observed piece, with the machine as it stands there.</summary>
    void Ended(Action<ObservedGuest> call);

    /// <summary>Keeps a table of the guest's programs: which runs in which address space, and what files its code is from.</summary>
    void Programs(GuestPrograms table);

    /// <summary>Makes a part of the plugin's state one that goes into a segment's file.</summary>
    void Keep(IPluginState state);

    /// <summary>What the guest's memory says, and the machine; valid during the replay.</summary>
    ObservedGuest Guest { get; }
}
