using Guest.Machine.Board.Boot;
using Guest.Machine.Devices;
using Guest.Machine.Devices.Apic;
using Guest.Machine.Memory;
using Guest.Machine.State;
using Guest.Machine.X86;
using Guest.Machine.X86.Translate;

namespace Guest.Machine.Board;

/// <summary>The deterministic machine: vCPUs, memory, devices. Its next state follows from its present one and from the inputs applied to it.</summary>
/// <remarks>
/// It knows no host clock, file, socket or random source. Recorder and replayer drive it with the same loop (<see cref="MachineLoop"/>):
/// run to a position, apply what is due, repeat.
/// </remarks>
public sealed partial class VirtualMachine : IBoardControl, IDisposable
{
    // Bytes of code memory that a vCPU has at least, however many there are.
    private const int LeastCodeBytes = 16 << 20;

    private readonly MachineHasher _hasher;
    private readonly EngineChaos _chaos;
    private bool _inputInRep;
    private volatile bool _called;
    private ulong _settledAt = ulong.MaxValue;

    /// <summary>Puts a machine together and loads the guest's kernel.</summary>
    /// <param name="description">What the machine is.</param>
    /// <param name="images">Kernel, initrd and command line.</param>
    /// <param name="boot">The inputs at position 0.</param>
    /// <param name="console">Where the first serial port's output goes, beside the output hash.</param>
    /// <param name="options">Engine choices the guest cannot see.</param>
    /// <param name="backEnds">What stands behind the devices on the PCI bus; null where nothing does.</param>
    /// <exception cref="ReplayKitException">The images do not fit the machine, or the host cannot run it.</exception>
    public VirtualMachine(MachineDescription description, LinuxImages images, BootInputs boot, IConsoleOutput console, EngineOptions? options = null, IBackEnds? backEnds = null)
        : this(description, boot.StartSeconds, console, options, backEnds) =>
        Cpu.StartAt(LinuxLoader.Load(Memory, images with { RngSeed = boot.Seed }, description.Vcpus, !description.Pci.IsEmpty));

    /// <summary>Puts a machine together that has nothing in its memory: <see cref="Restore"/> gives it its state.</summary>
    /// <param name="description">What the machine is.</param>
    /// <param name="console">Where the first serial port's output goes, beside the output hash.</param>
    /// <param name="options">Engine choices the guest cannot see.</param>
    /// <param name="backEnds">What stands behind the devices on the PCI bus; null where nothing does.</param>
    /// <exception cref="ReplayKitException">The host cannot run it.</exception>
    public VirtualMachine(MachineDescription description, IConsoleOutput console, EngineOptions? options = null, IBackEnds? backEnds = null)
        : this(description, 0, console, options, backEnds)
    {
    }

    private VirtualMachine(MachineDescription description, long startSeconds, IConsoleOutput console, EngineOptions? options, IBackEnds? backEnds)
    {
        options ??= EngineOptions.Default;
        if (description.Vcpus is < 1 or > PcBoard.MaxCpus)
        {
            throw new ReplayKitException(411, ExitCode.WrongUsage, $"{description.Vcpus} vCPUs are asked for; a machine has 1 to {PcBoard.MaxCpus}");
        }

        Description = description;
        Memory = new GuestMemory(description.MemoryBytes);
        PageHash = PageHash.For(description.MemoryHashKey);
        Clock = new MachineClock(description.Parallel ? 0 : description.VirtualRate);
        Output = new OutputHash(console);
        _buses = [.. Enumerable.Range(0, description.Vcpus).Select(index => new VcpuBus(this, index))];
        Board = new PcBoard(startSeconds, Clock, this, Output, _buses, new PciSetup(description.Pci, Memory, backEnds ?? new NoBackEnds()), description.Parallel ? TurnsDescription.Logged : description.Turns);
        _turns = Board.Turns;
        _cpus = [.. _buses.Select((bus, index) => CreateCpu(bus, index, options))];
        _engines = [.. _cpus.Select(cpu => CreateEngine(cpu, options))];
        Cpu = _cpus[0];
        _engine = _engines[0];
        Clock.Follow(Cpu);
        _hasher = new MachineHasher(this);
        _chaos = new EngineChaos(options.ChaosSeed);
    }

    /// <summary>What the machine is.</summary>
    public MachineDescription Description { get; }

    /// <summary>RAM.</summary>
    public GuestMemory Memory { get; }

    /// <summary>What the pages of RAM contribute to the state hash.</summary>
    public PageHash PageHash { get; }

    /// <summary>The devices.</summary>
    public PcBoard Board { get; }

    /// <summary>The time.</summary>
    public MachineClock Clock { get; }

    /// <summary>What left the machine so far, as a hash.</summary>
    public OutputHash Output { get; }

    /// <summary>Where the machine is: how many instructions its vCPUs have retired in all.</summary>
    public Position Position => Cpu.Position;

    /// <summary>How the machine ended, if it did.</summary>
    public MachineEnd End { get; private set; }

    /// <summary>Whether an input is on its way: an idle guest under a virtual clock then waits for it, not for its next timer.</summary>
    public bool AwaitsInput { get; set; }

    /// <summary>The time at which the next timer is due, in TSC ticks.</summary>
    public ulong NextDeadline => Board.NextDeadline;

    /// <summary>Runs until a position, the guest's idling or its end; what is due on the way (timers, interrupts) happens at its place.</summary>
    /// <param name="limit">Where to stop; nothing that is due there is applied.</param>
    /// <param name="stopInRep">Whether to come back inside long REP instructions too, so that inputs can land there.</param>
    public RunStop RunTo(Position limit, bool stopInRep = false)
    {
        while (End == MachineEnd.None)
        {
            if (IsAt(limit))
            {
                return RunStop.Reached;
            }

            if (OwnStop is { } own && !Cpu.State.InRep && _cpus[own.Vcpu].State.Retired >= own.Retired)
            {
                return RunStop.Stopped;
            }

            if (_called && IsFresh)
            {
                _called = false;
                return RunStop.Called;
            }

            if (Cpu.RetiredInAll >= _chaos.Next)
            {
                _chaos.Strike(Cpu, _engine);
            }

            Settle();
            _settledAt = Cpu.RetiredInAll;
            if (Cpu.State.Halted && !PassIdleTime())
            {
                return RunStop.Idle;
            }

            if (!Cpu.State.Halted)
            {
                _engine.Run(Math.Min(StopFor(limit), Math.Min(Math.Min(NextTimer(), NextOwnStop()), NextChaos())) - Cpu.RetiredByOthers);
                if (Cpu.TakePause())
                {
                    _turns!.EndAt(Cpu.RetiredInAll);
                }

                if (_engine.Stops is { } stops && stops.TakeStop())
                {
                    return RunStop.Stopped;
                }

                if (stopInRep && Cpu.State.InRep)
                {
                    return RunStop.InRep;
                }
            }
        }

        return RunStop.Ended;
    }

    /// <summary>
    /// Makes a running <see cref="RunTo"/> come back soon, at the end of a block: an input waits. From any thread. It is a wish: where it crosses
    /// the machine's own thread it may be heard only at the next stop.
    /// </summary>
    public void Call()
    {
        _called = true;
        if (Memory.Gate is { } gate)
        {
            gate.Call();
        }
        else
        {
            Cpu.Attention = true;
        }
    }

    /// <summary>The hash of the whole state, in parts. Costs a hash of every page written since the last one.</summary>
    public IReadOnlyList<StatePart> HashState()
    {
        SettleIfHalted();
        return _hasher.Hash();
    }

    /// <summary>The same for one who hashes RAM himself. Costs nothing that grows with RAM.</summary>
    /// <param name="memory">What stands for RAM's part.</param>
    public IReadOnlyList<StatePart> HashStateAround(Hash128 memory)
    {
        SettleIfHalted();
        return _hasher.HashAround(memory);
    }

    /// <summary>Writes everything that the machine is at the present position but the content of its memory.</summary>
    public void Save(StateWriter writer)
    {
        SettleIfHalted();
        writer.WriteInt32((int)End);
        writer.WriteBool(_inputInRep);
        writer.WriteBool(VendorDependentUsed);
        foreach (Vcpu cpu in _cpus)
        {
            writer.WritePart(part => CpuRegisters.Save(cpu, part));
        }

        foreach (IDevice device in Board.Devices)
        {
            writer.WritePart(device.Save);
        }

        writer.WritePart(Clock.Save);
        writer.WritePart(Output.Save);
    }

    /// <summary>Takes over the whole state of a machine of the same description, from wherever this one is. Nothing leaves the machine.</summary>
    /// <param name="reader">What <see cref="Save"/> wrote.</param>
    /// <param name="memory">What RAM held there; its pages are fetched when they are first accessed.</param>
    /// <exception cref="ReplayKitException">RK0280: the state is damaged; the machine can no longer be used.</exception>
    public void Restore(StateReader reader, MemoryImage memory)
    {
        foreach (Vcpu cpu in _cpus)
        {
            cpu.FlushTranslations();
        }

        _settledAt = ulong.MaxValue;
        _hasher.Replace(memory);
        End = (MachineEnd)reader.ReadIndex((int)MachineEnd.TripleFault + 1);
        _inputInRep = reader.ReadBool();
        bool vendorDependent = reader.ReadBool();

        // The clock drives the devices' timers and counts with the vCPUs' positions.
        foreach (Vcpu cpu in _cpus)
        {
            reader.ReadPart("a vCPU", part => CpuRegisters.Restore(cpu, part));
            cpu.State.VendorDependentUsed = vendorDependent;
            _ = cpu.TakePause();
        }

        GiveTurn(Cpu);
        foreach (IDevice device in Board.Devices)
        {
            reader.ReadPart(device.Name, device.Restore);
        }

        GiveTurn(_cpus[_turns?.Current ?? 0]);
        reader.ReadPart(Clock.Name, Clock.Restore);
        reader.ReadPart("the console output", Output.Restore);
        reader.ExpectEnd();
        _chaos.MoveTo(Cpu.RetiredInAll);
        LookAround();
    }

    /// <summary>Gives another machine of the same description this one's state. Costs a copy of every page in which they differ.</summary>
    public void CopyTo(VirtualMachine other)
    {
        StateWriter state = new();
        Save(state);
        other.Restore(new StateReader(state.Written.ToArray()), _hasher.Image());
        other.Memory.BringAll();
    }

    /// <inheritdoc/>
    public void PowerOff() => EndWith(MachineEnd.PowerOff);

    /// <inheritdoc/>
    public void Reset() => EndWith(MachineEnd.Reset);

    /// <inheritdoc/>
    public void Panic() => EndWith(MachineEnd.Panicked);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IEngine engine in _engines)
        {
            engine.Dispose();
        }

        foreach (Vcpu cpu in _cpus)
        {
            cpu.Dispose();
        }

        Memory.Dispose();
    }

    /// <summary>Whether an instruction has run whose result depends on the host's vendor (x87 transcendental functions).</summary>
    public bool VendorDependentUsed => Array.Exists(_cpus, cpu => cpu.State.VendorDependentUsed);

    private Vcpu CreateCpu(VcpuBus bus, int index, EngineOptions options)
    {
        Vcpu cpu = new(index, Memory, bus, CpuModels.Create(Description.CpuModel, Description.Vcpus), options.TlbEntries)
        {
            TakesTurns = _turns is not null && !Description.Parallel,
            SharesRam = options.AtOnce,
        };
        bus.Connect(cpu, Board.LocalApics[index]);
        return cpu;
    }

    private IEngine CreateEngine(Vcpu cpu, EngineOptions options)
    {
        if (options.Kind == EngineKind.Interpreter)
        {
            return new Interpreter(cpu, options.MaxBlock);
        }

        int code = Math.Max(Math.Min(options.CodeBytes, LeastCodeBytes), options.CodeBytes / Description.Vcpus);
        return new Translator(cpu, options with { CodeBytes = code & ~0xFFF });
    }

    // Timers that are due, then whose turn it is, then interrupt delivery: what the design page calls "due at P", after the records. Inside a REP
    // instruction timers never land and turns never end, and interrupts come only where an input did.
    private void Settle()
    {
        if (Description.Parallel || (Cpu.State.InRep && !_inputInRep))
        {
            return;
        }

        if (!Cpu.State.InRep)
        {
            Board.ExpireTimers(Clock.Now);
            if (_turns is { } turns)
            {
                PassTurn(turns);
            }
        }

        _inputInRep = false;
        DeliverDue(Cpu);
    }

    // Where the next timer lands or the turn ends; never inside a REP instruction, which is completed first.
    private ulong NextTimer()
    {
        ulong due = Description.Parallel ? ulong.MaxValue : Math.Min(Clock.RetiredAt(Board.NextDeadline), _turns?.End ?? ulong.MaxValue);
        return Cpu.State.InRep ? Math.Max(due, Cpu.RetiredInAll + 1) : due;
    }

    private ulong NextChaos() => Cpu.State.InRep ? ulong.MaxValue : _chaos.Next;

    // An idle guest takes several inputs at one position. What is due there comes before each of them and after it, so that it does not matter
    // how often the source looked in between.
    private void SettleIfHalted()
    {
        if (Cpu.State.Halted)
        {
            Settle();
        }
    }

    // An idle guest under a virtual clock waits for its next timer in no time at all.
    private bool PassIdleTime()
    {
        if (Description.ClockMode != ClockMode.Virtual || AwaitsInput || Board.NextDeadline == ulong.MaxValue)
        {
            return false;
        }

        Clock.Anchor(Math.Max(Board.NextDeadline, Clock.Now), Clock.Rate);
        return true;
    }

    // Whether the machine is in the state that a position names: nothing that is due there has been done, and no fault has been delivered that a stop at the
    // position would come before. Inside a REP instruction the count says so.
    private bool IsFresh => Cpu.State.InRep || (Cpu.RetiredInAll != _settledAt && Cpu.Tries == 0);

    private bool IsAt(Position limit)
    {
        ref CpuState s = ref Cpu.State;
        ulong retired = Cpu.RetiredInAll;
        return retired > limit.Retired || (retired == limit.Retired && (limit.RepCount is { } count ? s.InRep && s.Rcx == count : !s.InRep));
    }

    // A position inside a REP instruction lies after the one at which the instruction begins.
    private static ulong StopFor(Position limit) => limit.RepCount is null ? limit.Retired : limit.Retired + 1;

    private void EndWith(MachineEnd end)
    {
        if (End == MachineEnd.None)
        {
            // Nothing is executed behind the end.
            Memory.Gate?.HoldOthers();
            End = end;
        }

        LookAround();
    }

    private void LookAround()
    {
        if (Memory.Gate is null)
        {
            _buses[Cpu.Index].LookAround();
            return;
        }

        foreach (VcpuBus bus in _buses)
        {
            bus.LookAround();
        }
    }
}
