using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Guest.Machine.X86.HostCode;

namespace Guest.Machine.Hardware.Native;

/// <summary>The host's own CPU: runs the instruction in this process, in user mode.</summary>
/// <remarks>One per process, since the windows have fixed addresses. The signals of CPU exceptions go through emitted handlers
/// that hand on to the runtime's own what is not from a case. Async signals are blocked on the thread that runs cases, because
/// a case's stack pointer is anything.</remarks>
public sealed unsafe class HostCpu : ICpuUnderTest
{
    /// <summary>SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV.</summary>
    internal static ReadOnlySpan<int> Signals => [4, 5, 7, 8, 11];

    private const int SavedWords = 19;
    private readonly ulong[] saved = new ulong[5 * SavedWords];
    private readonly Stubs.Addresses stubs;
    private delegate* unmanaged<ulong> enter;
    private CpuMode mode;
    private ulong fallThrough;

    /// <summary>Maps the windows and installs the handlers.</summary>
    /// <exception cref="PlatformNotSupportedException">The host's CPU lacks AVX2, or the addresses are taken.</exception>
    public HostCpu()
    {
        if (!Avx2.IsSupported)
        {
            throw new PlatformNotSupportedException("the comparison with the host's CPU needs AVX2");
        }

        HostMemory.Map();

        // Safe because: HostFrame.Size bytes were mapped above and the stubs are shorter than the 8 KiB before the data.
        stubs = Stubs.Emit(new Span<byte>((void*)HostFrame.Base, 0x2000), Signals.Length);
        *(ulong*)HostFrame.HostMxcsr = 0x1F80;
        FloatingPointFault.Claim(); // first, so that its handler is what ours hand on to and what is put back
        InstallHandlers();
    }

    /// <summary>Whether the host does the same every time: kernels and hypervisors that stand between keep the bases of FS and GS to themselves too.</summary>
    public static bool IsSteady => HostMemory.HasFsGsBase();

    /// <summary>Whether the host's kernel lets a process run 32-bit code; those of some nested virtual machines do not.</summary>
    public static bool Runs32BitCode()
    {
        Outcome outcome = default;
        var thread = new Thread(() =>
        {
            using var host = new HostCpu();
            host.Enter(CpuMode.Compatibility);
            host.SetCode(Arena.Code, [0x90]);
            CpuSnapshot state = new() { Rip = Arena.Code, Rflags = 0x202 };
            outcome = host.Run(ref state);
        });
        thread.Start();
        thread.Join();
        return outcome == Outcome.Completed;
    }

    /// <inheritdoc/>
    // Safe because: the window is mapped for the life of the process.
    public Span<byte> Data => new((void*)Arena.Data, Arena.DataSize);

    /// <inheritdoc/>
    // Safe because: the writable alias of the window is mapped for the life of the process.
    public Span<byte> Mixed => new((void*)(HostFrame.MixedAlias), Arena.MixedSize);

    /// <summary>FS base of the calling thread, which cases see but never change.</summary>
    public ulong FsBase { get; private set; }

    /// <inheritdoc/>
    public void Enter(CpuMode mode)
    {
        this.mode = mode;
        enter = (delegate* unmanaged<ulong>)(mode == CpuMode.Long ? stubs.Enter : stubs.Enter32);
        ulong* stack = stackalloc ulong[3];
        // Safe because: stack_t is three quadwords; a signal set sixteen.
        if (Libc.sigaltstack(null, stack) != 0 || stack[0] == 0)
        {
            throw new PlatformNotSupportedException("the runtime gave this thread no alternate signal stack");
        }

        *(ulong*)HostFrame.StackLow = stack[0];
        *(ulong*)HostFrame.StackHigh = stack[0] + stack[2] + 1;
        ulong* set = stackalloc ulong[16];
        new Span<ulong>(set, 16).Fill(ulong.MaxValue);
        foreach (int signal in Signals)
        {
            set[0] &= ~(1UL << (signal - 1));
        }

        _ = Libc.pthread_sigmask(0, set, null);
        FsBase = ((delegate* unmanaged<ulong>)stubs.ReadFs)();
    }

    /// <inheritdoc/>
    public void SetCode(ulong address, ReadOnlySpan<byte> instruction)
    {
        // Safe because: the caller's address is in the code window, and what would not fit is cut off below.
        var window = new Span<byte>((void*)Arena.Code, Arena.CodeSize);
        window.Fill(0xCC);
        int at = (int)(address - Arena.Code);
        int fits = Math.Min(instruction.Length, Arena.CodeSize - at);
        instruction[..fits].CopyTo(window[at..]);
        int end = at + instruction.Length;
        WriteExit(window[Math.Min(end, window.Length)..], Arena.Code + (ulong)end);

        fallThrough = Arena.Code + (ulong)end;
    }

    private void WriteExit(Span<byte> place, ulong address)
    {
        if (mode == CpuMode.Long && place.Length >= 5)
        {
            place[0] = 0xE9; // jmp
            BitConverter.TryWriteBytes(place[1..], (int)((long)stubs.Leave - (long)(address + 5)));
        }
        else if (mode == CpuMode.Compatibility && place.Length >= 7)
        {
            place[0] = 0xEA; // jmp far
            BitConverter.TryWriteBytes(place[1..], (uint)stubs.Leave);
            BitConverter.TryWriteBytes(place[5..], HostFrame.Code64Selector);
        }
    }

    /// <inheritdoc/>
    public Outcome Run(ref CpuSnapshot state)
    {
        // Safe because: the snapshot is 1024 bytes, which the frame has room for.
        Unsafe.CopyBlock(ref *(byte*)HostFrame.State, ref Unsafe.As<CpuSnapshot, byte>(ref state), (uint)sizeof(CpuSnapshot));
        *(ulong*)(HostFrame.Xsave + 512) = 7;
        *(ulong*)HostFrame.Far = (uint)state.Rip | ((ulong)HostFrame.Code32Selector << 32);
        ulong start = state.Rip;
        bool signalled = enter() != 0;
        Unsafe.CopyBlock(ref Unsafe.As<CpuSnapshot, byte>(ref state), ref *(byte*)HostFrame.State, (uint)sizeof(CpuSnapshot));
        if ((*(ulong*)(HostFrame.Xsave + 512) & 4) == 0)
        {
            state.Xsave.Quads[(576 / 8)..].Clear();
        }

        Outcome outcome = signalled ? Fault(ref state, start) : Fallen(ref state);
        if (mode == CpuMode.Compatibility)
        {
            state.CutTo32Bits();
        }

        return outcome;
    }

    private Outcome Fallen(ref CpuSnapshot state)
    {
        state.Rip = fallThrough;
        return Outcome.Completed;
    }

    private Outcome Fault(ref CpuSnapshot state, ulong start)
    {
        // Safe because: the handler has just filled the 23 quadwords.
        var gregs = new ReadOnlySpan<ulong>((void*)HostFrame.Gregs, 23);
        ReadOnlySpan<byte> order = [13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7];
        for (int i = 0; i < 16; i++)
        {
            state.Gpr[i] = gregs[order[i]];
        }

        state.Rip = gregs[16];
        state.Rflags = gregs[17];
        return Classify(ref state, start, (int)gregs[20], (uint)gregs[19], gregs[22]);
    }

    /// <summary>Tells a fault of the instruction from one behind it, which means that it completed there.</summary>
    private Outcome Classify(ref CpuSnapshot state, ulong start, int vector, uint error, ulong address)
    {
        if (vector == 3 && state.Rip != fallThrough)
        {
            state.Rip--;
            return Outcome.Completed;
        }

        if (vector == 14 && state.Rip != start && address == state.Rip && (error & 0x10) != 0)
        {
            return Outcome.Completed;
        }

        return new Outcome(vector, vector is 8 or (>= 10 and <= 14) or 17 ? error : 0, vector == 14 ? address : 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < Signals.Length; i++)
        {
            fixed (ulong* old = &saved[i * SavedWords])
            {
                // Safe because: the saved words are what sigaction gave.
                _ = Libc.sigaction(Signals[i], old, null);
            }
        }

        HostMemory.Unmap();
    }

    private void InstallHandlers()
    {
        ulong* action = stackalloc ulong[SavedWords];
        for (int i = 0; i < Signals.Length; i++)
        {
            fixed (ulong* old = &saved[i * SavedWords])
            {
                // Safe because: both are glibc's struct sigaction of 152 bytes.
                _ = Libc.sigaction(Signals[i], null, old);
                if (old[0] <= 1)
                {
                    throw new PlatformNotSupportedException($"the runtime has no handler for signal {Signals[i]}");
                }

                *(ulong*)(HostFrame.Chained + (8 * (ulong)i)) = old[0];
                new Span<ulong>(action, SavedWords).Clear();
                action[0] = stubs.Handlers[i];
                action[17] = (uint)(Libc.SigInfo | Libc.OnStack | Libc.Restart | Libc.NoDefer);
                if (Libc.sigaction(Signals[i], action, null) != 0)
                {
                    throw new PlatformNotSupportedException($"cannot handle signal {Signals[i]}");
                }
            }
        }
    }
}
