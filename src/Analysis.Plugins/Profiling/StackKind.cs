namespace Analysis.Plugins.Profiling;

/// <summary>What a <see cref="StackNode"/> stands for.</summary>
internal enum StackKind : byte
{
    /// <summary>The bottom of a thread that was seen from its beginning, or of a program's from its exec on.</summary>
    Root,

    /// <summary>What a thread had on its stack when it was first seen: nobody knows yet.</summary>
    Unknown,

    /// <summary>A call.</summary>
    Call,

    /// <summary>A call over a few bytes, as a retpoline begins with: the return that follows is a jump.</summary>
    Thunk,

    /// <summary>The kernel was entered from user code: a system call, an interrupt, an exception.</summary>
    FromUser,

    /// <summary>An interrupt or exception in the kernel.</summary>
    FromKernel,

    /// <summary>User code was left for a signal's handler.</summary>
    Signal,

    /// <summary>A return to a place that is not on the known part of the stack.</summary>
    UnknownReturn,

    /// <summary>A return to user code from a kernel whose entry is not on the known part of the stack.</summary>
    UnknownToUser,

    /// <summary>A return to user code elsewhere than where it was left, and whether a signal's handler was left is not known.</summary>
    UnknownSignal,

    /// <summary>A return into the kernel, out of an interrupt whose beginning is not on the known part of the stack.</summary>
    UnknownToKernel,

    /// <summary>The stack of a process that was forked, up to an entry of the kernel that is not on the known part of the stack.</summary>
    UnknownFork,
}
