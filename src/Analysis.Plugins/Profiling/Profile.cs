using Guest.Linux.Tasks;
using Guest.Machine;
using Guest.Machine.State;
using Guest.Machine.X86;
using Guest.Machine.X86.Observe;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Profiling;

/// <summary>Where the instructions went: every one of them, by function and call stack, of the kernel and of programs; as tables, collapsed stacks, a flame graph and for pprof.</summary>
/// <param name="process">Only threads of programs of this name; all where it is left out.</param>
/// <param name="least">Stacks with fewer instructions than one in so many are left out of the flame graph.</param>
public sealed class Profile(string process = "", int least = 5000) : ISegmentedPlugin<Profile>, IPluginState
{
    private readonly GuestPrograms _programs = new();
    private readonly Dictionary<int, StackWalker> _walkers = [];
    private readonly SortedDictionary<ulong, ThreadStack> _threads = [];
    private readonly SortedDictionary<ulong, string> _names = [];
    private StackNodes _nodes = new();
    private RunCounts _runs = new();

    /// <inheritdoc/>
    public static string Name => "profile";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Programs(_programs);
        on.Keep(this);
        on.Pieces((trace, words) => WalkerOf(on.Guest, trace.Cpu).Take(trace, words));
        on.Delivering((in occurred) => WalkerOf(on.Guest, occurred.Vcpu).Deliver());
        on.KernelFunction("__switch_to_asm", (in occurred) => Switch(on.Guest, occurred.Vcpu));
        on.KernelFunction("wake_up_new_task", (in occurred) => Begin(on.Guest, occurred.Vcpu));
        on.Ended(Complete);
        if (on.Guest is { } guest)
        {
            foreach (Vcpu vcpu in guest.Machine.Cpus)
            {
                _ = WalkerOf(guest, vcpu);
            }
        }
    }

    /// <inheritdoc/>
    public void Append(Profile next)
    {
        Func<CodeOwner, CodeOwner> owners = _programs.Append(next._programs);
        int[] stacks = new StackJoin(_nodes, _threads, owners).Join(next._nodes);
        foreach ((int stack, ulong pc, long count) in next._runs.All)
        {
            _runs.Add(stacks[stack], pc, count);
        }

        foreach ((ulong thread, string name) in next._names)
        {
            // A thread that the next segment knows by its task alone may be known here from its beginning.
            _names[_threads.TryGetValue(thread, out ThreadStack known) ? _nodes.BottomOf(known.Stack).Address : thread] = name;
        }

        foreach ((ulong task, ThreadStack thread) in next._threads)
        {
            CodeOwner? owner = thread.Owner is { } known ? owners(known) : _threads.TryGetValue(task, out ThreadStack before) ? before.Owner : null;
            _threads[task] = new ThreadStack(stacks[thread.Stack], owner);
        }
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        FrameTree tree = new(_nodes, _programs, _names);
        foreach ((int stack, ulong pc, long count) in _runs.All)
        {
            tree.Add(stack, new GuestVirtual(pc), count);
        }

        new ProfileReport(process.Length == 0 ? tree.Top : tree.Top.Only(process), least).Write(report);
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer) => ProfileState.Save(writer, _nodes, _runs, _threads, _names);

    /// <inheritdoc/>
    public void Load(StateReader reader) => (_nodes, _runs) = ProfileState.Load(reader, _threads, _names);

    private StackWalker WalkerOf(ObservedGuest guest, Vcpu vcpu)
    {
        if (!_walkers.TryGetValue(vcpu.Index, out StackWalker? walker))
        {
            _walkers.Add(vcpu.Index, walker = new StackWalker(vcpu, _nodes, _runs, _programs, Unknown(guest, vcpu, TaskOf(guest, vcpu))));
        }

        return walker;
    }

    // Before Linux runs, a vCPU is its own thread.
    private static ulong TaskOf(ObservedGuest guest, Vcpu vcpu) =>
        guest.Look(vcpu) is { } kernel && kernel.Tasks.TryFindCurrent(vcpu, out GuestVirtual task) ? task.Value : (ulong)vcpu.Index;

    private ThreadStack Unknown(ObservedGuest guest, Vcpu vcpu, ulong task)
    {
        CodeOwner owner = OwnerOf(guest, vcpu, task);
        bool runsUserCode = vcpu.State.Cpl == 3 && task == TaskOf(guest, vcpu);
        return new ThreadStack(_nodes.Of(new StackNode(StackKind.Unknown, -1, task, owner)), runsUserCode ? _programs.OwnerOf(SpaceOf(vcpu)) : null);
    }

    private static GuestPhysical SpaceOf(Vcpu vcpu) => new(vcpu.State.Cr3 & 0x000F_FFFF_FFFF_F000);

    private CodeOwner OwnerOf(ObservedGuest guest, Vcpu vcpu, ulong task)
    {
        if (guest.Look(vcpu) is not { } kernel || kernel.Tasks.Read(new GuestVirtual(task)) is not { } thread)
        {
            return CodeOwner.Kernel;
        }

        if (thread.AddressSpace is { } mm && kernel.AddressSpaces.At(mm) is { } space)
        {
            return _programs.OwnerOf(space.TopTable);
        }

        _names[task] = thread.Name;
        return CodeOwner.Kernel;
    }

    // __switch_to_asm(prev, next): the threads change their stacks in it.
    private void Switch(ObservedGuest guest, Vcpu vcpu)
    {
        (ulong before, ulong next) = (vcpu.State.Rdi, vcpu.State.Rsi);
        StackWalker walker = WalkerOf(guest, vcpu);
        walker.Settle();
        _threads[before] = walker.Thread;
        if (!_threads.TryGetValue(next, out ThreadStack thread))
        {
            thread = Unknown(guest, vcpu, next);
        }

        walker.Switch(thread);
        if (_nodes.BottomOf(thread.Stack) is { Owner.IsKernel: true } bottom && guest.Look(vcpu)?.Tasks.Read(new GuestVirtual(next)) is { AddressSpace: null } task)
        {
            _names[bottom.Address] = task.Name;
        }
    }

    // wake_up_new_task(p): a kernel thread, a thread of this process, or a process that has this one's stack.
    private void Begin(ObservedGuest guest, Vcpu vcpu)
    {
        if (guest.Look(vcpu) is not { } kernel || kernel.Tasks.Read(new GuestVirtual(vcpu.State.Rdi)) is not { } task)
        {
            return;
        }

        if (task.AddressSpace is not { } mm || kernel.AddressSpaces.At(mm) is not { } space)
        {
            _names[task.StartTime] = task.Name;
            _threads[task.Address.Value] = new ThreadStack(_nodes.Of(new StackNode(StackKind.Root, -1, task.StartTime, CodeOwner.Kernel)), CodeOwner.Kernel);
            return;
        }

        StackWalker walker = WalkerOf(guest, vcpu);
        walker.Settle();
        CodeOwner owner = _programs.OwnerOf(space.TopTable);
        int stack = task.IsLeader ? _nodes.Forked(walker.Thread.Stack) : _nodes.Of(new StackNode(StackKind.Root, -1, 0, owner));
        _threads[task.Address.Value] = new ThreadStack(stack, owner);
    }

    private void Complete(ObservedGuest guest)
    {
        foreach ((int index, StackWalker walker) in _walkers)
        {
            Vcpu vcpu = guest.Machine.Cpus[index];
            walker.Settle();
            _threads[TaskOf(guest, vcpu)] = walker.Thread;
        }

        IEnumerable<ulong> addresses = _runs.All.Select(run => run.Pc).Concat(_nodes.All.Where(node => !node.IsBottom).SelectMany(node => (ulong[])[node.Address - 1, node.Address]));
        _programs.NameKernel(guest, addresses.Where(address => (long)address < 0).Distinct().Order().Select(address => new GuestVirtual(address)));
    }
}
