namespace Guest.Machine.Board;

/// <summary>Why <see cref="VirtualMachine.RunTo"/> came back.</summary>
public enum RunStop
{
    /// <summary>The position asked for is reached; nothing that is due there has been applied.</summary>
    Reached,

    /// <summary>The guest is idle: only an input can wake it (under a virtual clock: and no timer is armed).</summary>
    Idle,

    /// <summary>Inside a REP string instruction at a place where inputs may land.</summary>
    InRep,

    /// <summary>Another thread asked for it (<see cref="VirtualMachine.Call"/>).</summary>
    Called,

    /// <summary>
    /// It is about to begin an instruction that <see cref="X86.InstructionStops"/> stop before; what is due there has been applied. Or
    /// <see cref="VirtualMachine.OwnStop"/> is reached.
    /// </summary>
    Stopped,

    /// <summary>The machine has ended, see <see cref="VirtualMachine.End"/>.</summary>
    Ended,
}
