using Guest.Machine.Devices.Apic;
using Guest.Machine.X86;

namespace Guest.Machine.Board;

/// <content>Several vCPUs in turn: who runs, and INIT and Start-Up (docs/multicore.md).</content>
public sealed partial class VirtualMachine
{
    private readonly Vcpu[] _cpus;
    private readonly IEngine[] _engines;
    private readonly VcpuBus[] _buses;
    private readonly VcpuTurns? _turns;

    // Of the vCPU in turn.
    private IEngine _engine;

    /// <summary>All vCPUs, by number.</summary>
    public IReadOnlyList<Vcpu> Cpus => _cpus;

    /// <summary>The engines that execute their instructions, by vCPU.</summary>
    public IReadOnlyList<IEngine> Engines => _engines;

    /// <summary>The vCPU in turn: the one that executes the next instruction.</summary>
    public Vcpu Cpu { get; private set; }

    /// <summary>Where runs come back as <see cref="RunStop.Stopped"/>, with nothing applied that is due there: one vCPU has retired that many itself; null for nowhere.</summary>
    public (int Vcpu, ulong Retired)? OwnStop { get; set; }

    /// <summary>INIT has reached a vCPU other than the bootstrap processor.</summary>
    /// <exception cref="ReplayKitException">RK0271: it is the one that sends it.</exception>
    internal void Initialise(int index)
    {
        Vcpu cpu = _cpus[index];
        if (cpu == (Memory.Gate is { } gate ? gate.Acting : Cpu))
        {
            throw new ReplayKitException(271, ExitCode.HostCannot, $"the guest sent INIT to the CPU that sends it (APIC id {index}) at {Position}, which this machine does not support");
        }

        Memory.Gate?.Hold(cpu);
        cpu.Initialise();
        _turns!.SetWaiting(index, true);
    }

    /// <summary>Start-Up has reached a vCPU; one that does not wait for it ignores it (SDM 3A 9.4.2).</summary>
    internal void StartUp(int index, byte vector)
    {
        if (_turns is { } turns && turns.WaitsForStartUp(index))
        {
            Memory.Gate?.Hold(_cpus[index]);
            _cpus[index].StartUp(vector);
            turns.SetWaiting(index, false);
            Memory.Gate?.Wake(_cpus[index]);
        }
    }

    /// <summary>A vCPU cannot go on (triple fault): the machine ends.</summary>
    internal void ShutDown() => EndWith(MachineEnd.TripleFault);

    /// <summary>Makes a run come back before some instructions, of whichever vCPU; null for none.</summary>
    public void StopBefore(InstructionStops? stops)
    {
        foreach (IEngine engine in _engines)
        {
            engine.Attach(stops);
        }
    }

    // As a count of all vCPUs; as far as the vCPU in turn is the one.
    private ulong NextOwnStop() => OwnStop is { } own && own.Vcpu == Cpu.Index && own.Retired <= ulong.MaxValue - Cpu.RetiredByOthers
        ? own.Retired + Cpu.RetiredByOthers
        : ulong.MaxValue;

    // Nothing is passed while a vCPU is in turn that can go on. Where nobody can, the turn stays where it is and the machine idles.
    private void PassTurn(VcpuTurns turns)
    {
        ulong now = Cpu.RetiredInAll;
        if (now < turns.End && CanRun(Cpu))
        {
            return;
        }

        for (int step = 1; step <= _cpus.Length; step++)
        {
            Vcpu next = _cpus[(turns.Current + step) % _cpus.Length];
            if (CanRun(next))
            {
                turns.Begin(next.Index, now);
                GiveTurn(next);
                return;
            }
        }
    }

    private void GiveTurn(Vcpu next)
    {
        ulong all = 0;
        foreach (Vcpu cpu in _cpus)
        {
            all += cpu.State.Retired;
        }

        next.RetiredByOthers = all - next.State.Retired;
        Cpu = next;
        _engine = _engines[next.Index];
        Clock.Follow(next);
    }

    /// <summary>Whether a vCPU has an instruction to execute or an interrupt to take: it does not wait for Start-Up, and has not halted for good.</summary>
    public bool CanRun(Vcpu cpu) => !_turns!.WaitsForStartUp(cpu.Index) && (!cpu.State.Halted || TakesNmi(cpu) || TakesInterrupt(cpu));

    private bool TakesNmi(Vcpu cpu) =>
        Board.LocalApics[cpu.Index].HasNmi && !cpu.State.NmiBlocked && cpu.State.Shadow != InterruptShadow.MovSs;

    private bool TakesInterrupt(Vcpu cpu) =>
        Board.LocalApics[cpu.Index].HasInterrupt && (cpu.State.SystemFlags & Flags.IF) != 0 && cpu.State.Shadow == InterruptShadow.None;
}
