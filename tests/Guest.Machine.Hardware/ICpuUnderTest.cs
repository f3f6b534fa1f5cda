namespace Guest.Machine.Hardware;

/// <summary>Something that runs one user-mode instruction: the host's CPU, or an engine of ours.</summary>
public interface ICpuUnderTest : IDisposable
{
    /// <summary>The bytes of <see cref="Arena.Data"/>, writable.</summary>
    Span<byte> Data { get; }

    /// <summary>The bytes of <see cref="Arena.Mixed"/>, writable here though the instruction may write the middle page only.</summary>
    Span<byte> Mixed { get; }

    /// <summary>Prepares for a batch on the calling thread.</summary>
    /// <param name="mode">The mode of its cases.</param>
    void Enter(CpuMode mode);

    /// <summary>Puts an instruction at an address of <see cref="Arena.Code"/>; the rest of the window is not defined.</summary>
    void SetCode(ulong address, ReadOnlySpan<byte> instruction);

    /// <summary>Runs the instruction at <see cref="CpuSnapshot.Rip"/> once: a repeated string instruction to its end.</summary>
    /// <param name="state">The state before; on return the state after it, or at its fault.</param>
    /// <returns>How it ended.</returns>
    Outcome Run(ref CpuSnapshot state);
}
