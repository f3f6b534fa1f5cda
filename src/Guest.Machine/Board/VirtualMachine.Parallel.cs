using Guest.Machine.X86;

namespace Guest.Machine.Board;

/// <content>Several vCPUs at once, and what a log says of them (docs/multicore.md).</content>
public sealed partial class VirtualMachine
{
    /// <summary>Sets what lets the vCPUs run at once, or clears it. While it is set, <see cref="RunTo"/> is not called.</summary>
    /// <param name="gate">The gate; the machine was built with <see cref="EngineOptions.AtOnce"/>.</param>
    public void ShareBy(IVcpuGate? gate) => Memory.Gate = gate;

    /// <summary>Input of a machine whose vCPUs ran at once: the instructions that follow on the line are those of a vCPU.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such vCPU.</exception>
    public void ApplyTurn(int vcpu)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)vcpu, (uint)_cpus.Length, nameof(vcpu));
        _turns!.Begin(vcpu, 0);
        GiveTurn(_cpus[vcpu]);
    }

    /// <summary>Input of such a machine: the vCPU in turn takes the interrupts that wait for it.</summary>
    /// <returns>False where none does; then nothing has happened.</returns>
    public bool ApplyInterrupt()
    {
        _settledAt = Cpu.RetiredInAll;
        return DeliverDue(Cpu);
    }

    /// <summary>Delivers the interrupts that wait for a vCPU and that it can take.</summary>
    /// <returns>Whether there was one.</returns>
    public bool DeliverDue(Vcpu cpu)
    {
        bool any = false;
        if (TakesNmi(cpu))
        {
            Memory.Gate?.Touch();
            if (TakesNmi(cpu) && Board.LocalApics[cpu.Index].TryTakeNmi())
            {
                cpu.DeliverNmi();
                any = true;
            }
        }

        while (TakesInterrupt(cpu) && End == MachineEnd.None)
        {
            cpu.DeliverInterrupt();
            any = true;
        }

        return any;
    }
}
