using System.Text;
using Guest.Linux.Memory;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.X86;

namespace Guest.Linux.Tasks;

/// <summary>Reads the guest's processes and threads out of the kernel's own lists.</summary>
public sealed class TaskReader
{
    private const uint KernelThread = 0x0020_0000; // PF_KTHREAD, include/linux/sched.h
    private const int MostPids = 1 << 22; // PID_MAX_LIMIT, include/linux/threads.h
    private const int NameBytes = 16; // TASK_COMM_LEN

    private readonly LinuxKernel _kernel;
    private readonly KernelMemory _memory;
    private readonly GuestVirtual _current;
    private readonly ulong _initTask;
    private readonly int _most;
    private readonly KernelField _tasks;
    private readonly KernelField _threadNode;
    private readonly KernelField _threads;
    private readonly KernelField _signal;
    private readonly KernelField _pid;
    private readonly KernelField _tgid;
    private readonly KernelField _parent;
    private readonly KernelField _name;
    private readonly KernelField _state;
    private readonly KernelField _exitState;
    private readonly KernelField _flags;
    private readonly KernelField _start;
    private readonly KernelField _mm;

    internal TaskReader(LinuxKernel kernel)
    {
        KernelTypes types = kernel.Types;
        _kernel = kernel;
        _memory = kernel.Memory;
        _initTask = kernel.Symbols.AddressOf("init_task").Value;
        _most = (int)Math.Min(_memory.Physical.End / (ulong)types.SizeOf("task_struct"), MostPids);
        _current = CurrentVariable(kernel);
        _tasks = types.Field("task_struct", "tasks");
        _threadNode = types.Field("task_struct", "thread_node");
        _threads = types.Field("signal_struct", "thread_head");
        _signal = types.Field("task_struct", "signal");
        _pid = types.Field("task_struct", "pid");
        _tgid = types.Field("task_struct", "tgid");
        _parent = types.Field("task_struct", "real_parent");
        _name = types.Field("task_struct", "comm");
        _state = types.FieldOfAny("task_struct", "__state", "state");
        _exitState = types.Field("task_struct", "exit_state");
        _flags = types.Field("task_struct", "flags");
        _start = types.FieldOfAny("task_struct", "start_boottime", "real_start_time");
        _mm = types.Field("task_struct", "mm");
    }

    /// <summary>The <c>task_struct</c> of the task that a vCPU runs, in user or kernel mode, be it idle. Two reads; asked for as often as one likes.</summary>
    /// <returns>False where the kernel does not say.</returns>
    public bool TryFindCurrent(Vcpu vcpu, out GuestVirtual task)
    {
        task = default;
        if (!TryLocateCurrent(vcpu, out GuestVirtual place) || !_memory.TryRead(place.Value, out ulong address))
        {
            return false;
        }

        task = new GuestVirtual(address);
        return true;
    }

    /// <summary>Where the kernel keeps which task a vCPU runs: the 8 bytes that a switch of tasks writes.</summary>
    /// <returns>False where the kernel does not say.</returns>
    public bool TryLocateCurrent(Vcpu vcpu, out GuestVirtual place) => _kernel.Cpus.TryLocate(_current, _kernel.Cpus.NumberOf(vcpu), out place);

    /// <summary>The task that a vCPU runs. In the middle of a switch it is the old one until the kernel says otherwise.</summary>
    /// <returns>Null where the kernel does not say.</returns>
    public GuestTask? Current(Vcpu vcpu) => TryFindCurrent(vcpu, out GuestVirtual task) ? Read(task) : null;

    /// <summary>Reads one task.</summary>
    /// <param name="task">Its <c>task_struct</c>.</param>
    /// <returns>Null where there is none.</returns>
    public GuestTask? Read(GuestVirtual task)
    {
        ulong at = task.Value;
        bool read = true;
        int tid = (int)_memory.Read(at, _pid, ref read);
        int pid = (int)_memory.Read(at, _tgid, ref read);
        uint state = (uint)_memory.Read(at, _state, ref read);
        uint exitState = (uint)_memory.Read(at, _exitState, ref read);
        ulong start = _memory.Read(at, _start, ref read);
        ulong mm = _memory.Read(at, _mm, ref read);
        uint flags = (uint)_memory.Read(at, _flags, ref read);
        ulong parent = _memory.Read(at, _parent, ref read);
        Span<byte> name = stackalloc byte[NameBytes];
        read &= _memory.TryRead(unchecked(at + (ulong)_name.Offset), name) && tid is >= 0 and <= MostPids && pid is >= 0 and <= MostPids;
        if (!read)
        {
            return null;
        }

        int end = name.IndexOf((byte)0);
        return new GuestTask(
            task, pid, tid, ParentOf(parent), Encoding.UTF8.GetString(end < 0 ? name : name[..end]), TaskStates.Of(state, exitState), start,
            mm == 0 ? null : new GuestVirtual(mm), (flags & KernelThread) != 0);
    }

    /// <summary>All processes in the order they were started, each by its first thread; the idle task of the first CPU comes first.</summary>
    public Listing<GuestTask> Processes()
    {
        List<GuestTask> found = [];
        string? missing = Read(new GuestVirtual(_initTask)) is { } idle ? Add(found, idle) : "the idle task cannot be read";
        missing ??= Walk(unchecked(_initTask + (ulong)_tasks.Offset), _tasks, found);
        return new Listing<GuestTask>(found, missing);
    }

    /// <summary>The threads of a process in the order they were started.</summary>
    public Listing<GuestTask> Threads(GuestTask process)
    {
        List<GuestTask> found = [];
        return _memory.TryRead(process.Address.Value, _signal, out ulong signal) && signal != 0
            ? new Listing<GuestTask>(found, Walk(unchecked(signal + (ulong)_threads.Offset), _threadNode, found))
            : new Listing<GuestTask>([process], "the process is being taken apart");
    }

    /// <summary>The process of that number; null where there is none.</summary>
    public GuestTask? Find(int pid) => Processes().Items.FirstOrDefault(task => task.Pid == pid);

    // The kernel's lists are circles through their head (include/linux/list.h); a circle that misses its head would never end.
    private string? Walk(ulong head, in KernelField node, List<GuestTask> found)
    {
        HashSet<ulong> seen = [head];
        ulong at = head;
        while (_memory.TryRead(at, out at) && at != head)
        {
            if (!seen.Add(at) || seen.Count > _most)
            {
                return $"the list of tasks runs in a circle at {new GuestVirtual(at)}";
            }

            if (Read(new GuestVirtual(unchecked(at - (ulong)node.Offset))) is not { } task)
            {
                return $"the list of tasks leads to {new GuestVirtual(at)}, which holds no task";
            }

            found.Add(task);
        }

        return at == head ? null : "the list of tasks leads to an address that cannot be read";
    }

    private static string? Add(List<GuestTask> found, GuestTask task)
    {
        found.Add(task);
        return null;
    }

    private int ParentOf(ulong parent) => _memory.TryRead(parent, _tgid, out ulong pid) ? (int)pid : 0;

    // Up to 6.1 and from 6.15 on a variable of its own; in between a member of pcpu_hot.
    private static GuestVirtual CurrentVariable(LinuxKernel kernel)
    {
        if (kernel.Symbols.Find("current_task") is { } variable)
        {
            return variable.Address;
        }

        KernelField member = kernel.Types.Field("pcpu_hot", "current_task");
        return new GuestVirtual(unchecked(kernel.Symbols.AddressOf("pcpu_hot").Value + (ulong)member.Offset));
    }
}
