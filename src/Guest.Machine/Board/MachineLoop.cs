namespace Guest.Machine.Board;

/// <summary>The loop that recording and replay share.</summary>
public static class MachineLoop
{
    /// <summary>Runs to the position of the next input, applies the inputs that are due, and repeats until the source ends.</summary>
    public static void Run(VirtualMachine machine, IInputSource inputs) =>
        Run(machine, inputs, () => machine.RunTo(inputs.NextStop(machine), inputs.StopsInRep));

    /// <summary>The same with another way to run.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="run">Runs until attention is asked for; the machine stands then.</param>
    public static void Run(VirtualMachine machine, IInputSource inputs, Func<RunStop> run)
    {
        RunStop stop;
        do
        {
            stop = run();
        }
        while (inputs.Apply(machine, stop));
    }
}
