namespace Analysis.Plugins.SystemCalls;

/// <summary>By which convention a system call was made: its numbers and where its arguments are.</summary>
internal enum CallAbi : byte
{
    /// <summary>The 64-bit one.</summary>
    X64,

    /// <summary>The 32-bit one: INT 80h, also from 64-bit code, and SYSENTER or SYSCALL in 32-bit code.</summary>
    I386,
}
