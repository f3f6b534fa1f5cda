using Guest.Machine.Devices;

namespace Guest.Machine.Board;

/// <summary>Surroundings for a board that never runs: it is only asked what devices it has.</summary>
internal sealed class NoWorld : IClock, IBoardControl, IConsoleOutput, IInterruptTarget
{
    /// <inheritdoc/>
    public ulong Now => 0;

    /// <inheritdoc/>
    public void PowerOff() => throw new InvalidOperationException("a board that never runs");

    /// <inheritdoc/>
    public void Reset() => throw new InvalidOperationException("a board that never runs");

    /// <inheritdoc/>
    public void Panic() => throw new InvalidOperationException("a board that never runs");

    /// <inheritdoc/>
    public void Write(byte value) => throw new InvalidOperationException("a board that never runs");

    /// <inheritdoc/>
    public void InterruptsChanged()
    {
    }

    /// <inheritdoc/>
    public void Initialise() => throw new InvalidOperationException("a board that never runs");

    /// <inheritdoc/>
    public void StartUp(byte vector) => throw new InvalidOperationException("a board that never runs");
}
