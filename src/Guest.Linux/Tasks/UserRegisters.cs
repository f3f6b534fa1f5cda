namespace Guest.Linux.Tasks;

/// <summary>The registers with which a thread that does not run will go on in user mode.</summary>
/// <remarks>Inside a system call RAX is what the kernel has put there so far (<c>-ENOSYS</c> at first), as a debugger on a live Linux sees it.</remarks>
/// <param name="General">[16] in the order of their encoding: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.</param>
/// <param name="Rip">The instruction.</param>
/// <param name="Flags">RFLAGS.</param>
/// <param name="Cs">Code segment selector.</param>
/// <param name="Ss">Stack segment selector.</param>
/// <param name="SystemCall">The number of the system call that it is in; -1 where it came into the kernel otherwise.</param>
/// <param name="FsBase">Base of FS: the thread's own variables.</param>
/// <param name="GsBase">Base of GS.</param>
public sealed record UserRegisters(IReadOnlyList<ulong> General, ulong Rip, ulong Flags, ushort Cs, ushort Ss, ulong SystemCall, ulong FsBase, ulong GsBase);
