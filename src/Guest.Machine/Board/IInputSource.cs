namespace Guest.Machine.Board;

/// <summary>Where the machine's inputs come from: the live world while recording, the log in replay.</summary>
public interface IInputSource
{
    /// <summary>The position of the next input, or how far the machine may run before the source wants to look.</summary>
    Position NextStop(VirtualMachine machine);

    /// <summary>Whether inputs may land inside long REP instructions (only the live world looks there).</summary>
    bool StopsInRep { get; }

    /// <summary>Applies the inputs that are due where the machine stands.</summary>
    /// <returns>False to end the run.</returns>
    bool Apply(VirtualMachine machine, RunStop stop);
}
