namespace Guest.Machine.X86;

/// <summary>What executes a vCPU's instructions. All engines do the same to the guest, bit for bit.</summary>
public interface IEngine : IDisposable
{
    /// <summary>Who sees every instruction and every delivery of an interrupt or exception, or null.</summary>
    IInstructionObserver? Observer { get; set; }

    /// <summary>Begins to take down what is executed, or ends it; at a stop only. Drops everything derived from guest code.</summary>
    /// <param name="trace">A trace of this engine's vCPU; null for none.</param>
    void Observe(Observe.CodeTrace? trace);

    /// <summary>Before which instructions a run comes back, or null.</summary>
    InstructionStops? Stops { get; }

    /// <summary>Sets or clears before which instructions a run comes back; to be called again when their places have changed.</summary>
    void Attach(InstructionStops? stops);

    /// <summary>
    /// Executes until the vCPU has retired that many instructions, halts, stands inside a REP instruction, or wants attention
    /// (an interrupt may have become deliverable).
    /// </summary>
    /// <param name="until">Retired count to stop at.</param>
    void Run(ulong until);

    /// <summary>Forgets everything derived from guest code; invisible to the guest.</summary>
    void DropBlocks();
}
