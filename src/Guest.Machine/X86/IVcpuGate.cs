namespace Guest.Machine.X86;

/// <summary>
/// What lets several vCPUs run at once, each on a thread of its own: the one place through which they pass between emitted code and everything else
/// (docs/multicore.md).
/// </summary>
/// <remarks>
/// Behind the gate, one at a time acts: a vCPU between <see cref="Close"/> and <see cref="Open"/>, or the board while all vCPUs stand. What acts calls the
/// other methods, and they come back with the gate still its own.
/// </remarks>
public interface IVcpuGate
{
    /// <summary>The vCPU that acts; null where the board does.</summary>
    Vcpu? Acting { get; }

    /// <summary>A vCPU goes into emitted code; others may act from here on. All that it has done since its last retired instruction is told to nobody, so it must be nothing.</summary>
    void Open(Vcpu cpu);

    /// <summary>Whether a vCPU in a stay may go on in it: nobody asks for it, and no timer is known to be due. The one member that is called without the gate.</summary>
    /// <param name="cpu">The vCPU.</param>
    /// <param name="isLong">Whether it has been in emitted code for long.</param>
    bool MayStay(Vcpu cpu, bool isLong);

    /// <summary>A vCPU has come out of emitted code, between two instructions or before one that has changed nothing; waits until it may act.</summary>
    /// <returns>False where the run is over: it does nothing more.</returns>
    bool Close(Vcpu cpu);

    /// <summary>Called now and then by a vCPU that acts, between two instructions: lets others act before it goes on, and sees to timers that are due.</summary>
    void Pass(Vcpu cpu);

    /// <summary>Makes sure that whoever acts has the right to a page of RAM.</summary>
    /// <param name="page">The RAM page.</param>
    /// <param name="write">Whether to write it.</param>
    void Acquire(int page, bool write);

    /// <summary>
    /// Called between two instructions by a vCPU that acts, before it takes a right: where another one has not had the page for long, lets others act until
    /// it has.
    /// </summary>
    /// <returns>Whether others have acted: the vCPU looks again at what it was about to do.</returns>
    bool AwaitTurn(Vcpu cpu, int page);

    /// <summary>Brings another vCPU to stand: what it has executed comes before what is done now, and what it will execute comes behind.</summary>
    void Hold(Vcpu cpu);

    /// <summary>Brings every other vCPU to stand.</summary>
    void HoldOthers();

    /// <summary>A device, a local APIC or a register that all share is accessed: what others do with it comes behind.</summary>
    void Touch();

    /// <summary>As <see cref="Touch"/>, and the machine's clock shows the present time.</summary>
    void ReadTime();

    /// <summary>Something waits for a vCPU: it looks around soon.</summary>
    void Wake(Vcpu cpu);

    /// <summary>An input waits for the board. From any thread.</summary>
    void Call();
}
