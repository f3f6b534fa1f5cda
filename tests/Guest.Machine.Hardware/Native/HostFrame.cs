namespace Guest.Machine.Hardware.Native;

/// <summary>Where the stubs keep what they share with C#: absolute addresses below 2 GiB, outside the arena.</summary>
internal static class HostFrame
{
    /// <summary>The first address of stubs and data.</summary>
    public const ulong Base = 0x1800_0000;

    /// <summary>Bytes of stubs and data together.</summary>
    public const int Size = 0x4000;

    /// <summary>The state to load, and later the state that was found (a <see cref="CpuSnapshot"/>).</summary>
    public const ulong State = Base + 0x2000;

    /// <summary>Offsets of the snapshot's fields.</summary>
    public const ulong Rip = State + 128, Rflags = State + 136, GsBase = State + 144, Xsave = State + 192;

    /// <summary>The stack pointer to go back to.</summary>
    public const ulong HostRsp = Base + 0x2800;

    /// <summary>Not zero while a case runs.</summary>
    public const ulong Active = Base + 0x2808;

    /// <summary>The bounds of the alternate signal stack of the thread that runs cases.</summary>
    public const ulong StackLow = Base + 0x2810, StackHigh = Base + 0x2818;

    /// <summary>MXCSR as C# expects it.</summary>
    public const ulong HostMxcsr = Base + 0x2820;

    /// <summary>The handlers that were installed before ours, by the order of <see cref="HostCpu.Signals"/>.</summary>
    public const ulong Chained = Base + 0x2840;

    /// <summary>The writable alias of <see cref="Arena.Mixed"/>.</summary>
    public const ulong MixedAlias = Base + 0x10_0000;

    /// <summary>Where a case in compatibility mode begins: offset and selector.</summary>
    public const ulong Far = Base + 0x2870;

    /// <summary>Where arch_prctl(2) puts a base, on hosts without instructions for it.</summary>
    public const ulong FsBase = Base + 0x2880;

    /// <summary>Linux's selectors of a process: data, 32-bit code, 64-bit code (arch/x86/include/asm/segment.h).</summary>
    public const ushort DataSelector = 0x2B, Code32Selector = 0x23, Code64Selector = 0x33;

    /// <summary>gregs of the signal frame: 23 quadwords (sys/ucontext.h).</summary>
    public const ulong Gregs = Base + 0x2900;
}
