using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.Native;
using Guest.Machine.X86.Observe;
using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Emit;
using Guest.Machine.X86.Translate.Link;
using Guest.Machine.X86.Translate.Native;

namespace Guest.Machine.X86.Translate;

/// <summary>The engine for everyday use: turns blocks of guest code into host code and runs that (docs/translator.md).</summary>
/// <remarks>What it does not translate, and all modes but 64-bit code at privilege 0 and 3, an interpreter executes in between.</remarks>
public sealed partial class Translator : IEngine, ICodeHolder, IDisposable
{
    // Emitted code comes back after so many instructions to see whether somebody called.
    private const ulong Quantum = 32_768;

    // Instructions that the interpreter executes at a time where code is not translated.
    private const ulong Portion = 256;

    private readonly Vcpu _cpu;
    private readonly Interpreter _interpreter;
    private readonly BlockCache _blocks;
    private readonly ShadowStack _userStack;
    private readonly ShadowStack _kernelStack;
    private readonly ulong _slack;
    private readonly long _control;
    private uint _userGeneration;
    private uint _kernelGeneration;
    private int _features = -1;

    /// <summary>Creates the engine for a vCPU.</summary>
    /// <param name="cpu">The vCPU.</param>
    /// <param name="options">Sizes; invisible to the guest.</param>
    /// <exception cref="ReplayKitException">The host's processor or operating system does not allow it.</exception>
    public Translator(Vcpu cpu, EngineOptions options)
    {
        TranslatorHost.Require();
        Statistics = options.Statistics ?? new TranslatorStatistics();
        _cpu = cpu;
        _interpreter = new Interpreter(cpu, options.MaxBlock);
        _blocks = new BlockCache(cpu, options, ForgetReturns);
        _userStack = new ShadowStack(_blocks.EmptyReturn);
        _kernelStack = new ShadowStack(_blocks.EmptyReturn);
        _slack = (ulong)options.MaxBlock;
        _control = Host.PageShift | ((long)System.Numerics.BitOperations.Log2((uint)options.TlbEntries) << 8);
        cpu.CodeHolders.Add(this);
        cpu.FetchesChanging = FetchesChanging;
        FetchesChanging();
    }

    /// <inheritdoc/>
    public IInstructionObserver? Observer
    {
        get => _interpreter.Observer;
        set => _interpreter.Observer = value;
    }

    /// <inheritdoc/>
    public InstructionStops? Stops => _interpreter.Stops;

    /// <inheritdoc/>
    public void Attach(InstructionStops? stops)
    {
        _interpreter.Attach(stops);
        _blocks.StopAt(stops);
    }

    /// <summary>What it has done so far.</summary>
    public TranslatorStatistics Statistics { get; }

    /// <inheritdoc/>
    public void Run(ulong until)
    {
        ref CpuState s = ref _cpu.State;
        _cpu.Attention = false;
        Prepare(ref s);
        _trace?.BeginRun(this);
        while (s.Retired < until && !_cpu.Attention)
        {
            try
            {
                RunBlocks(ref s, until);
            }
            catch (GuestFaultException fault)
            {
                _cpu.Deliver(fault);
            }
        }

        _trace?.EndRun();
    }

    /// <inheritdoc/>
    public void DropBlocks()
    {
        _interpreter.DropBlocks();
        _blocks.Empty();
    }

    /// <inheritdoc/>
    void ICodeHolder.CodeChanging(int page, int offset, int length)
    {
        if (_blocks.Drop(page, offset, length))
        {
            ForgetReturns();
        }
    }

    /// <inheritdoc/>
    bool ICodeHolder.HoldsCode(int page) => _blocks.Holds(page);

    /// <inheritdoc/>
    public void Dispose()
    {
        _interpreter.Dispose();
        _blocks.Dispose();
        _userStack.Dispose();
        _kernelStack.Dispose();
    }

    private void Prepare(ref CpuState s)
    {
        s.Emitted.Ram = _cpu.Memory.HostBase;
        s.Emitted.PageFlags = _cpu.Memory.FlagsAddress;
        s.Emitted.Rights = _cpu.RightsAddress;
        s.Emitted.Places = _cpu.PlacesAddress;
        s.Emitted.HostMxcsr = 0x1F80;
        s.Emitted.VectorsLive = 0;
        s.Emitted.X87Live = 0;
    }

    private void RunBlocks(ref CpuState s, ulong until)
    {
        while (s.Retired < until && !_cpu.Attention)
        {
            if (_cpu.Memory.Gate is { } gate && !Passes(gate))
            {
                continue;
            }

            ulong left = until - s.Retired;
            if (left <= 2 * _slack)
            {
                // A budget may run short by one block, and must be enough for one.
                _interpreter.Go(until);
            }
            else if (!CanTranslate(ref s))
            {
                Statistics.Untranslated++;
                _interpreter.Go(_cpu.Careful || s.InRep ? s.Retired + 1 : s.Retired + Math.Min(Portion, left));
            }
            else
            {
                _trace?.MakeRoom(ref s);
                Execute(ref s, until, Math.Min(left - _slack, _trace is null ? Quantum : CodeTrace.Quantum));
            }
        }
    }

    // What stands inside a REP instruction goes on as it began.
    private bool CanTranslate(ref CpuState s) =>
        !s.InRep && _cpu.InLongMode64 && s.Cpl is 0 or 3 && !_cpu.Careful && Stops is not { Everywhere: true } && !IsObserved;

    // Runs emitted code from RIP on, until it comes back for something that changes where it goes on.
    private void Execute(ref CpuState s, ulong until, ulong budget)
    {
        ModeKey mode = ModeKey.Of(_cpu);
        if (mode.Features != _features)
        {
            _features = mode.Features;
            _blocks.ForgetJumps();
            ForgetReturns();
        }

        s.InstructionStart = s.Rip;
        nint target = _blocks.FindCode(s.Rip, mode);
        if (target == 0)
        {
            _cpu.Deliver(_cpu.PendingPageFault!);
            return;
        }

        ShadowStack stack = Begin(ref s, budget, mode);
        if (_cpu.Memory.Gate is { } gate)
        {
            EnterBeside(ref s, target, until, budget, stack, gate);
            return;
        }

        Leave reason;
        do
        {
            reason = (Leave)EmittedCode.Enter(_blocks.Enter, Raw.AddressOf(ref s), target);
            Statistics.Exits[(int)reason]++;
        }
        while (reason is Leave.Read or Leave.Write && TryAllow(ref s, reason, out target));

        Act(ref s, Stand(ref s, budget, reason, stack));
    }

    // What emitted code finds in the state.
    private ShadowStack Begin(ref CpuState s, ulong budget, ModeKey mode)
    {
        s.Emitted.CodePage = s.Rip & ~0xFFFUL;
        s.Emitted.Budget = ((long)budget << 16) | _control;
        s.Emitted.FlagsWord = PackFlags(ref s);
        TimeLine time = _cpu.Bus.TimeLine;
        (s.Emitted.TimeCount, s.Emitted.TimeTicks, s.Emitted.TimeRate) = (_cpu.RetiredInAll + budget - time.Retired, time.Ticks, time.Rate);
        s.Emitted.TimeIsKept = (s.Cr4 & ControlBits.Cr4Tsd) != 0 && !mode.IsSupervisor ? 1 : 0;
        s.Emitted.InterruptWaits = _cpu.Bus.HasInterrupt ? 1 : 0;
        ShadowStack stack = mode.IsSupervisor ? _kernelStack : _userStack;
        s.Emitted.Shadow = stack.Pointer;
        s.Emitted.ShadowBottom = stack.Bottom;
        return stack;
    }

    // Brings the guest's state to where emitted code left; that touches nothing but this vCPU's own. Returns what is to be done there.
    private Leave Stand(ref CpuState s, ulong budget, Leave reason, ShadowStack stack)
    {
        s.Emitted.VectorsLive = 0;
        s.Emitted.X87Live = 0;
        stack.Keep(s.Emitted.Shadow);
        UnpackFlags(ref s);
        ulong debited = budget - (ulong)(s.Emitted.Budget >> 16);
        switch (reason)
        {
            case Leave.Link:
                BlockLink link = _blocks.Links.LinkAt(s.Emitted.Site);
                s.Retired += debited;
                s.Rip = unchecked(PageOf(ref s, _blocks.Links.BlockAt(link.From)) + (ulong)link.Target);
                return reason;
            case Leave.Jump:
                return Arrive(ref s, debited);
            default:
                ref readonly Site site = ref _blocks.Links.SiteAt(s.Emitted.Site);
                TranslatedBlock block = _blocks.Links.BlockAt(site.Block);
                s.Retired += debited - (ulong)site.Left;
                s.Rip = PageOf(ref s, block) + block.Offsets[site.Index];
                Shorten(block, site.Index);
                return reason;
        }
    }

    // Does what emitted code left for.
    private void Act(ref CpuState s, Leave reason)
    {
        if (reason == Leave.Link)
        {
            Follow(ref s);
        }
        else if (reason is not (Leave.Budget or Leave.Jump))
        {
            Interpret(ref s, reason);
        }
    }

    private void Interpret(ref CpuState s, Leave reason)
    {
        if (reason is Leave.Read or Leave.Write && IsStillSo(ref s, reason) && _cpu.PendingPageFault is { } fault)
        {
            s.InstructionStart = s.Rip;
            _cpu.Deliver(fault);
        }
        else if (Stops is not null)
        {
            _interpreter.Go(s.Retired + 1);
        }
        else if (reason == Leave.Interpret && _blocks.Links.BlockAt(_blocks.Links.SiteAt(s.Emitted.Site).Block) is { Crosses: true } block)
        {
            _blocks.Cross(s.Rip, block.Mode);
            _interpreter.Step(Statistics);
        }
        else
        {
            _interpreter.Step(Statistics);
        }
    }

    private void Follow(ref CpuState s)
    {
        int number = s.Emitted.Site;
        BlockLink link = _blocks.Links.LinkAt(number);
        s.InstructionStart = s.Rip;
        if (!_cpu.TryAllowFetch(s.Rip))
        {
            return;
        }

        long emptied = _blocks.Emptied;
        TranslatedBlock block = _blocks.FindBlock(s.Rip, link.Mode);
        if (emptied == _blocks.Emptied)
        {
            _blocks.Links.Connect(number, block);
        }
    }

    // A target that is no address faults at the jump itself, before anything has changed.
    private Leave Arrive(ref CpuState s, ulong debited)
    {
        ref readonly Site site = ref _blocks.Links.SiteAt(s.Emitted.Site);
        s.Rip = s.Emitted.Rax;
        if (_cpu.IsCanonical(s.Rip))
        {
            s.Retired += debited;
            return Leave.Jump;
        }

        TranslatedBlock block = _blocks.Links.BlockAt(site.Block);
        s.Retired += debited - 1;
        s.Rip = PageOf(ref s, block) + block.Offsets[site.Index];
        s.Rsp -= (ulong)site.Undo;
        ShortenJump(block, site.Index);
        return Leave.Interpret;
    }

    // Whether an access that the TLB did not know may go on where it was.
    private bool TryAllow(ref CpuState s, Leave reason, out nint retry, bool alone = false)
    {
        ref readonly Site site = ref _blocks.Links.SiteAt(s.Emitted.Site);
        retry = site.Retry;
        TranslatedBlock block = _blocks.Links.BlockAt(site.Block);
        long revocations = _cpu.Revocations;
        bool allowed = alone ? _cpu.TryAllowAlone(Missed(ref s), KindOf(reason)) : TryAllowMissed(ref s, reason);

        // What groups before this place have found may not be theirs any more.
        return allowed && !block.IsDropped && !(site.IsInside && _cpu.Revocations != revocations);
    }

    private bool TryAllowMissed(ref CpuState s, Leave reason) => _cpu.TryAllow(Missed(ref s), KindOf(reason));

    private static AccessKind KindOf(Leave reason) => reason == Leave.Write ? AccessKind.Write : AccessKind.Read;

    // The address of the access for which emitted code left.
    private ulong Missed(ref CpuState s) => s.Emitted.Rax + (ulong)_blocks.Links.SiteAt(s.Emitted.Site).Skip;

    private static ulong PageOf(ref CpuState s, TranslatedBlock block) => block.Mode.IsSupervisor ? block.Linear : s.Emitted.CodePage;

    private static ulong PackFlags(ref CpuState s)
    {
        ulong flags = X86.Flags.GetStatus(ref s);
        return (((flags & 0xD5) | 2) << 8) | (flags >> 11);
    }

    private static void UnpackFlags(ref CpuState s) =>
        X86.Flags.SetStatus(ref s, ((s.Emitted.FlagsWord >> 8) & 0xD5) | ((s.Emitted.FlagsWord & 1) << 11));

    // Another address space, or another translation of a code address.
    private void FetchesChanging()
    {
        ref CpuState s = ref _cpu.State;
        uint user = _cpu.FetchGeneration(0);
        uint kernel = _cpu.FetchGeneration(ulong.MaxValue);
        bool newUser = user != _userGeneration;
        if (newUser)
        {
            _blocks.SwitchUser(user >> 16 != _userGeneration >> 16);
            _userStack.Reset();
            _userGeneration = user;
        }

        if (kernel != _kernelGeneration || (newUser && _blocks.HasLowKernelCode))
        {
            _blocks.SwitchKernel();
            _kernelStack.Reset();
            _kernelGeneration = kernel;
        }

        s.Emitted.UserKey = JumpCache.Key(user);
        s.Emitted.KernelKey = JumpCache.Key(kernel);
    }

    private void ForgetReturns()
    {
        _userStack.Reset();
        _kernelStack.Reset();
    }
}
