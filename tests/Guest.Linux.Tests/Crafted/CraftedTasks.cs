namespace Guest.Linux.Tests.Crafted;

/// <summary>Tasks in a crafted kernel: the idle task, and what a test starts.</summary>
internal sealed class CraftedTasks : IDisposable
{
    private const uint KernelThread = 0x20_0000;
    private readonly bool _hotCurrent;
    private ulong _last;

    public CraftedTasks(int seed, KallsymsLayout layout = KallsymsLayout.AddressesLast, bool hotCurrent = true, Action<CraftedTypes>? types = null)
    {
        _hotCurrent = hotCurrent;
        Kernel = new CraftedKernel(Types(seed, hotCurrent, types), layout);
        Idle = Kernel.Variable("init_task", Kernel.Types.SizeOf("task_struct"));
        Kernel.WriteSymbol(hotCurrent ? "pcpu_hot" : "current_task", 0x40);
        Fill(Idle, 0, 0, Idle, "swapper/0", 0, KernelThread);
        Link(Tasks(Idle), Tasks(Idle));
        AddThread(Idle, Idle);
        _last = Idle;
        Run(Idle);
    }

    public CraftedKernel Kernel { get; }

    /// <summary>The idle task.</summary>
    public ulong Idle { get; }

    /// <summary>Starts a process.</summary>
    public ulong Start(int pid, ulong parent, string name, uint state = 0, bool kernelThread = false, ulong mm = 0)
    {
        ulong task = Kernel.New("task_struct");
        Fill(task, pid, pid, parent, name, state, kernelThread ? KernelThread : 0, mm);
        Link(Tasks(task), Tasks(Idle));
        Link(Tasks(_last), Tasks(task));
        AddThread(task, task);
        _last = task;
        return task;
    }

    /// <summary>Starts a thread of a process.</summary>
    public ulong StartThread(int tid, ulong leader, string name)
    {
        ulong task = Kernel.New("task_struct");
        Fill(task, tid, (int)Kernel.Read64(Kernel.AddressOf(leader, "task_struct.tgid")), leader, name, 1, 0);
        AddThread(task, leader);
        return task;
    }

    /// <summary>Lets the first CPU run a task.</summary>
    public void Run(ulong task)
    {
        ulong place = Kernel.PerCpuArea + 0x40;
        Kernel.Write64(_hotCurrent ? Kernel.AddressOf(place, "pcpu_hot.current_task") : place, task);
    }

    /// <summary>The list node of all processes in a task.</summary>
    public ulong Tasks(ulong task) => Kernel.AddressOf(task, "task_struct.tasks");

    /// <summary>Makes one list node lead to another.</summary>
    public void Link(ulong from, ulong to) => Kernel.Write64(from, to);

    public void Dispose() => Kernel.Dispose();

    // The structures that the reader of tasks asks for, and those of the test.
    private static CraftedTypes Types(int seed, bool hotCurrent, Action<CraftedTypes>? more)
    {
        CraftedTypes types = new(seed);
        types.Struct("list_head", 16, "long next", "long prev");
        if (more is null)
        {
            types.Struct("mm_struct", "long pgd");
        }

        more?.Invoke(types);
        types.Struct("signal_struct", "list_head thread_head", "long other");
        types.Struct("task_struct", "int __state", "int flags", "list_head tasks", "*mm_struct mm", "int exit_state", "signed pid", "signed tgid", "long real_parent",
            "list_head thread_node", "long start_boottime", "byte comm 16", "*signal_struct signal", "*files_struct files");
        if (hotCurrent)
        {
            types.Struct("pcpu_hot", "long current_task");
        }

        return types;
    }

    private void Fill(ulong task, int pid, int tgid, ulong parent, string name, uint state, uint flags, ulong mm = 0)
    {
        Kernel.Set(task, "task_struct.pid", (ulong)pid);
        Kernel.Set(task, "task_struct.tgid", (ulong)tgid);
        Kernel.Set(task, "task_struct.real_parent", parent);
        Kernel.Set(task, "task_struct.__state", state);
        Kernel.Set(task, "task_struct.flags", flags);
        Kernel.Set(task, "task_struct.mm", mm);
        Kernel.Set(task, "task_struct.start_boottime", (ulong)pid * 1_000_000);
        Kernel.SetText(task, "task_struct.comm", name);
    }

    private void AddThread(ulong task, ulong leader)
    {
        ulong node = Kernel.AddressOf(task, "task_struct.thread_node");
        if (task == leader)
        {
            ulong signal = Kernel.New("signal_struct");
            Kernel.Set(task, "task_struct.signal", signal);
            Link(Kernel.AddressOf(signal, "signal_struct.thread_head"), node);
            Link(node, Kernel.AddressOf(signal, "signal_struct.thread_head"));
            return;
        }

        ulong shared = Kernel.Read64(Kernel.AddressOf(leader, "task_struct.signal"));
        ulong head = Kernel.AddressOf(shared, "signal_struct.thread_head");
        Kernel.Set(task, "task_struct.signal", shared);
        ulong last = head;
        while (Kernel.Read64(last) is var next && next != head)
        {
            last = next;
        }

        Link(node, head);
        Link(last, node);
    }
}
