namespace Vmm.Record.Confinement;

/// <summary>System calls of x86-64 Linux that a filter knows, by their numbers (arch/x86/entry/syscalls/syscall_64.tbl).</summary>
internal enum SystemCall
{
    /// <summary>Reading and writing what is open.</summary>
    Read = 0, Write = 1, Close = 3, Seek = 8, ReadAt = 17, WriteAt = 18, ReadVector = 19, WriteVector = 20, ReadVectorAt = 295, WriteVectorAt = 296,
    Flush = 74, FlushData = 75, FlushRange = 277, Truncate = 77, Allocate = 285, Advise = 221, Lock = 73, Copy = 326, SendFile = 40,

    /// <summary>Opening: only new files (<see cref="SyscallFilter"/>).</summary>
    Open = 2, OpenAt = 257,

    /// <summary>What there is of a file.</summary>
    Stat = 4, StatOpen = 5, StatLink = 6, StatAt = 262, StatX = 332, StatSystem = 137, StatSystemOpen = 138, Access = 21, AccessAt = 269, ReadLink = 89, ReadLinkAt = 267, CurrentFolder = 79,

    /// <summary>Names of files, where the recorder lists, removes and renames its own.</summary>
    List = 217, Rename = 82, RenameAt = 264, RenameAt2 = 316, Unlink = 87, UnlinkAt = 263, MakeFolder = 83, MakeFolderAt = 258, RemoveFolder = 84,

    /// <summary>Memory.</summary>
    Map = 9, Protect = 10, Unmap = 11, Break = 12, Remap = 25, InCore = 27, AdviseMemory = 28, LockMemory = 149, UnlockMemory = 150, MemoryFile = 319, Barrier = 324,

    /// <summary>Waiting, and descriptors to wait with.</summary>
    Poll = 7, PollWithMask = 271, Select = 23, SelectWithMask = 270, EpollWait = 232, EpollWaitWithMask = 281, EpollControl = 233, EpollCreate = 291, Event = 290, Pipe = 293,
    Duplicate = 32, Duplicate2 = 33, Duplicate3 = 292, DescriptorControl = 72, DeviceControl = 16, Futex = 202, FutexWaitSeveral = 449, Sleep = 35, SleepUntil = 230, Yield = 24,

    /// <summary>Sockets that are there.</summary>
    Accept = 43, Accept4 = 288, SendTo = 44, ReceiveFrom = 45, SendMessage = 46, ReceiveMessage = 47, SendMessages = 307, ReceiveMessages = 299, Shutdown = 48, SocketName = 51, PeerName = 52,
    SetSocketOption = 54, GetSocketOption = 55,

    /// <summary>Threads of this process, and signals to it.</summary>
    Clone = 56, Exit = 60, ExitGroup = 231, SetThreadArea = 158, SetThreadId = 218, RobustList = 273, RestartableSequence = 334, SignalAction = 13, SignalMask = 14, SignalReturn = 15, SignalStack = 131,
    SignalPending = 127, SignalWait = 128, Kill = 62, KillThread = 234, Wait = 61, WaitId = 247, Control = 157, SetPriority = 141, GetPriority = 140, SetAffinity = 203, GetAffinity = 204, GetCpu = 309,
    GetScheduler = 145, SetScheduler = 144, GetSchedulerParameter = 143, SetSchedulerParameter = 142, MostPriority = 146, LeastPriority = 147, RestartCall = 219,

    /// <summary>What the host says of itself and of this process.</summary>
    ProcessId = 39, ThreadId = 186, ParentId = 110, UserId = 102, EffectiveUserId = 107, GroupId = 104, EffectiveGroupId = 108, GetLimit = 97, Limit = 302, Usage = 98, SystemInformation = 99, Times = 100,
    Name = 63, Time = 96, Clock = 228, ClockResolution = 229, Random = 318, MemoryPolicy = 239, ProcessGroup = 111, GroupOf = 121, Session = 124,
}
