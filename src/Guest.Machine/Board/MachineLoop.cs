namespace Guest.Machine.Board;

/// <summary>The loop that recording and replay share.</summary>
public static class MachineLoop
{
    /// <summary>Runs to the position of the next input, applies the inputs that are due, and repeats until the source ends.</summary>
    public static void Run(VirtualMachine machine, IInputSource inputs)
    {
        RunStop stop;
        do
        {
            stop = machine.RunTo(inputs.NextStop(machine), inputs.StopsInRep);
        }
        while (inputs.Apply(machine, stop));
    }
}
