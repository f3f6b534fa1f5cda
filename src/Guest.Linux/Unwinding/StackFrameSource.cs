namespace Guest.Linux.Unwinding;

/// <summary>How a <see cref="StackFrame"/> was found.</summary>
public enum StackFrameSource
{
    /// <summary>The thread's own registers.</summary>
    Registers,

    /// <summary>The kernel's tables (ORC).</summary>
    Orc,

    /// <summary>The registers that the kernel has saved on its entry: from an interrupt, an exception or a system call.</summary>
    Saved,

    /// <summary>The program's call frame information (.eh_frame).</summary>
    CallFrames,

    /// <summary>The frame pointer, where the program says nothing else; what it leads to is behind a call. It may pass over functions that keep none.</summary>
    FramePointer,
}
