namespace Guest.Machine.Hardware.Native;

/// <summary>The emitted code that enters a case, leaves it, and catches its faults.</summary>
internal static class Stubs
{
    private const int Rax = 0, Rsp = 4, Rsi = 6;

    // arch_prctl(2) and what it does (arch/x86/include/uapi/asm/prctl.h).
    private const int ArchPrctl = 158, SetGs = 0x1001, GetFs = 0x1003, GetGs = 0x1004;

    /// <summary>Emits everything and returns the addresses.</summary>
    public static Addresses Emit(Span<byte> target, int signals)
    {
        var w = new CodeWriter(target, HostFrame.Base);
        ulong enter = w.Here;
        Enter(ref w, CpuMode.Long);
        ulong enter32 = w.Here;
        Enter(ref w, CpuMode.Compatibility);
        ulong leave = w.Here;
        Leave(ref w);
        ulong caught = w.Here;
        Caught(ref w);
        var handlers = new ulong[signals];
        for (int i = 0; i < signals; i++)
        {
            handlers[i] = w.Here;
            Handler(ref w, HostFrame.Chained + (8 * (ulong)i), caught);
        }

        ulong readFs = w.Here;
        ReadFs(ref w);
        return new Addresses(enter, enter32, leave, readFs, handlers);
    }

    private static void Enter(ref CodeWriter w, CpuMode mode)
    {
        w.Bytes(0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57); // push rbx, rbp, r12-r15
        w.Store(HostFrame.HostRsp, Rsp);
        w.Memory([0x48, 0xFF], 0, HostFrame.Active); // inc qword
        LoadMask(ref w);
        w.Memory([0x48, 0x0F, 0xAE], 5, HostFrame.Xsave); // xrstor64
        if (mode == CpuMode.Compatibility)
        {
            w.Bytes(0xB8, (byte)HostFrame.DataSelector, 0, 0, 0, 0x8E, 0xD8, 0x8E, 0xC0); // mov eax, selector; mov ds, eax; mov es, eax
        }

        w.Load(Rsi, HostFrame.GsBase);
        WriteGs(ref w);
        w.Memory([0xFF], 6, HostFrame.Rflags); // push
        w.Bytes(0x9D); // popfq
        for (int r = 0; r < 16; r++)
        {
            w.Load(r, HostFrame.State + (8 * (ulong)r));
        }

        if (mode == CpuMode.Compatibility)
        {
            w.Memory([0xFF], 5, HostFrame.Far); // jmp far
        }
        else
        {
            w.Memory([0xFF], 4, HostFrame.Rip); // jmp
        }
    }

    private static void Leave(ref CodeWriter w)
    {
        for (int r = 0; r < 16; r++)
        {
            w.Store(HostFrame.State + (8 * (ulong)r), r);
        }

        w.Load(Rsp, HostFrame.HostRsp);
        w.Bytes(0x9C); // pushfq
        w.Memory([0x8F], 0, HostFrame.Rflags); // pop
        w.Bytes(0x6A, 0x02, 0x9D); // push 2; popfq: DF and AC off
        w.Memory([0x48, 0xFF], 1, HostFrame.Active); // dec qword
        LoadMask(ref w);
        w.Memory([0x48, 0x0F, 0xAE], 4, HostFrame.Xsave); // xsave64
        RestoreHost(ref w);
        w.Bytes(0x31, 0xC0); // xor eax, eax
        Return(ref w);
    }

    /// <summary>The part of the handlers behind the test that the signal is ours: rdx is the ucontext.</summary>
    private static void Caught(ref CodeWriter w)
    {
        w.Bytes(0x6A, 0x02, 0x9D); // push 2; popfq: the kernel leaves AC as it was
        w.Memory([0x48, 0xFF], 1, HostFrame.Active);
        w.Bytes(0x48, 0x8D, 0x72, 40); // lea rsi, [rdx + gregs]
        w.Bytes(0xBF); // mov edi
        w.Int32(HostFrame.Gregs);
        w.Bytes(0xB9, 23, 0, 0, 0, 0xF3, 0x48, 0xA5); // rep movsq
        w.Bytes(0x48, 0x8B, 0xB2); // mov rsi, [rdx + fpregs]
        w.Int32(40 + (23 * 8));
        w.Bytes(0xBF);
        w.Int32(HostFrame.Xsave);
        w.Bytes(0xB9, 104, 0, 0, 0, 0xF3, 0x48, 0xA5);
        w.Load(Rsp, HostFrame.HostRsp);
        RestoreHost(ref w);
        w.Bytes(0xB8, 1, 0, 0, 0); // mov eax, 1
        Return(ref w);
    }

    private static void Handler(ref CodeWriter w, ulong chained, ulong caught)
    {
        w.Memory([0x48, 0x83], 7, HostFrame.Active); // cmp qword, 0
        w.Bytes(0);
        int idle = w.JumpForward(4);
        w.Absolute(0x3B, Rsp, HostFrame.StackLow);
        int below = w.JumpForward(2);
        w.Absolute(0x3B, Rsp, HostFrame.StackHigh);
        int above = w.JumpForward(3);
        w.Bytes(0xE9);
        w.Bytes(BitConverter.GetBytes((int)((long)caught - (long)(w.Here + 4))));
        w.Land(idle);
        w.Land(below);
        w.Land(above);
        w.Memory([0xFF], 4, chained); // jmp
    }

    private static void RestoreHost(ref CodeWriter w)
    {
        ReadGs(ref w);
        w.Bytes(0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0); // xor eax, eax; mov ds, eax; mov es, eax
        w.Bytes(0x31, 0xF6); // xor esi, esi
        WriteGs(ref w);
        w.Bytes(0xDB, 0xE3); // fninit
        w.Memory([0x0F, 0xAE], 2, HostFrame.HostMxcsr); // ldmxcsr
        w.Bytes(0xC5, 0xF8, 0x77); // vzeroupper
    }

    private static void ReadFs(ref CodeWriter w)
    {
        if (HostMemory.HasFsGsBase())
        {
            w.Bytes(0xF3, 0x48, 0x0F, 0xAE, 0xC0); // rdfsbase rax
        }
        else
        {
            AskKernel(ref w, GetFs, HostFrame.FsBase);
            w.Load(Rax, HostFrame.FsBase);
        }

        w.Bytes(0xC3);
    }

    private static void ReadGs(ref CodeWriter w)
    {
        if (HostMemory.HasFsGsBase())
        {
            w.Bytes(0xF3, 0x48, 0x0F, 0xAE, 0xC8); // rdgsbase rax
            w.Store(HostFrame.GsBase, Rax);
        }
        else
        {
            AskKernel(ref w, GetGs, HostFrame.GsBase);
        }
    }

    // From RSI.
    private static void WriteGs(ref CodeWriter w)
    {
        if (HostMemory.HasFsGsBase())
        {
            w.Bytes(0xF3, 0x48, 0x0F, 0xAE, 0xDE); // wrgsbase rsi
        }
        else
        {
            CallKernel(ref w, SetGs);
        }
    }

    private static void AskKernel(ref CodeWriter w, int operation, ulong into)
    {
        w.Bytes(0xBE); // mov esi
        w.Int32(into);
        CallKernel(ref w, operation);
    }

    // RAX, RDI, RCX and R11 are overwritten.
    private static void CallKernel(ref CodeWriter w, int operation)
    {
        w.Bytes(0xBF); // mov edi
        w.Int32((ulong)operation);
        w.Bytes(0xB8, ArchPrctl, 0, 0, 0, 0x0F, 0x05); // mov eax; syscall
    }

    private static void LoadMask(ref CodeWriter w) => w.Bytes(0xB8, 7, 0, 0, 0, 0x31, 0xD2); // mov eax, 7; xor edx, edx

    private static void Return(ref CodeWriter w) =>
        w.Bytes(0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5D, 0x5B, 0xC3);

    /// <summary>Where the stubs are.</summary>
    /// <param name="Enter">Called from C#; returns 0 after a completed case, 1 after a signal.</param>
    /// <param name="Enter32">The same for compatibility mode.</param>
    /// <param name="Leave">Jumped to from the code window.</param>
    /// <param name="ReadFs">Returns the base of FS.</param>
    /// <param name="Handlers">Signal handlers, one per signal.</param>
    public sealed record Addresses(ulong Enter, ulong Enter32, ulong Leave, ulong ReadFs, ulong[] Handlers);
}
