using Guest.Machine.Memory;

namespace Guest.Machine.X86.Translate.Emit;

/// <summary>The ways into and out of emitted code, and what all blocks share: the second-level TLB's search, loading the vector registers.</summary>
internal sealed partial class Trampolines
{
    private readonly CodeWriter _code;
    private readonly bool _beside;
    private readonly nint[] _exits = new nint[(int)Leave.Jump + 1];
    private readonly nint[] _lookups = new nint[2 * X86.Tlb.Modes];
    private readonly nint[] _asks = new nint[X86.Tlb.Modes];
    private readonly nint[] _storesOfEntries = new nint[X86.Tlb.Modes];

    // By the bytes from each page: 8, 16, 32.
    private readonly nint[,] _across = new nint[2 * X86.Tlb.Modes, 3];
    private readonly nint[] _putBack = new nint[3];
    private readonly nint[] _reciprocals;
    private readonly nint[] _saves;
    private readonly nint[] _restores;

    /// <param name="code">Where they go.</param>
    /// <param name="beside">Whether other vCPUs run at the same time: the second-level TLB's entries are good for pages to which there is the right.</param>
    internal Trampolines(CodeWriter code, bool beside)
    {
        _code = code;
        _beside = beside;
        LoadVectors = EmitLoadVectors();
        LoadX87 = EmitLoadX87();
        Enter = EmitEnter();
        nint leave = EmitLeave();
        foreach (Leave reason in Enum.GetValues<Leave>())
        {
            _exits[(int)reason] = EmitExit(reason, leave);
        }

        EmptyReturn = EmitEmptyReturn();
        _saves = [.. Enum.GetValues<SavedFormat>().Select(EmitSave)];
        _restores = [.. Enum.GetValues<SavedFormat>().Select(EmitRestore)];
        _reciprocals = [EmitReciprocal(root: false), EmitReciprocal(root: true)];
        for (int mode = 0; mode < X86.Tlb.Modes; mode++)
        {
            _lookups[2 * mode] = EmitLookup((AccessMode)mode, false, false);
            _lookups[(2 * mode) + 1] = EmitLookup((AccessMode)mode, true, false);
            _asks[mode] = EmitLookup((AccessMode)mode, true, true);
            _storesOfEntries[mode] = EmitLookup((AccessMode)mode, true, false, storesEntry: true);
            for (int width = 0; width < _putBack.Length; width++)
            {
                _across[2 * mode, width] = EmitAcross((AccessMode)mode, false, 8 << width);
                _across[(2 * mode) + 1, width] = EmitAcross((AccessMode)mode, true, 8 << width);
            }
        }

        for (int width = 0; width < _putBack.Length; width++)
        {
            _putBack[width] = EmitPutBack(8 << width);
        }
    }

    /// <summary>int enter(CpuState*, target): runs emitted code until it leaves; returns why.</summary>
    internal nint Enter { get; }

    /// <summary>Loads the guest's vector registers and MXCSR; called by blocks that use them.</summary>
    internal nint LoadVectors { get; }

    /// <summary>Loads the guest's x87 registers; called by blocks that use them. Keeps all registers but RAX and RCX, and the flags.</summary>
    internal nint LoadX87 { get; }

    /// <summary>Where a return goes on that finds its target at the bottom of the shadow stack.</summary>
    internal nint EmptyReturn { get; }

    /// <summary>Leaves for a reason; RAX is kept.</summary>
    internal nint Exit(Leave reason) => _exits[(int)reason];

    /// <summary>Gives the first level of a mode's TLB what the second has for the address in RAX, or leaves; called.</summary>
    internal nint Lookup(AccessMode mode, bool write) => _lookups[(2 * (int)mode) + (write ? 1 : 0)];

    /// <summary>The same for a write; where the second level has no right, CF is set.</summary>
    internal nint Ask(AccessMode mode) => _asks[(int)mode];

    /// <summary>The same for a write of eight bytes: with CF set, RCX and RAX are the host page and the offset of an entry of a page table to be filled.</summary>
    /// <remarks>
    /// What is not present is derived from by nobody, so that an empty entry is filled without telling anybody. The page gets no right: the next write is looked
    /// at again.
    /// </remarks>
    internal nint LookupEntry(AccessMode mode) => _storesOfEntries[(int)mode];

    /// <summary>
    /// Puts the bytes at the end of the page that RAX points into and those at the beginning of the next side by side, where the first level has a right to both: with CF
    /// set, RCX + RAX is where the access is there. Called; keeps all other registers.
    /// </summary>
    internal nint Across(AccessMode mode, bool write, int size) => _across[(2 * (int)mode) + (write ? 1 : 0), Width(size)];

    /// <summary>Puts such bytes back into both pages; called. Keeps all registers but RAX and RCX.</summary>
    internal nint PutBack(int size) => _putBack[Width(size)];

    /// <summary>Makes a single-precision EAX its approximate reciprocal, or that of its square root; called. Keeps all registers but RCX.</summary>
    internal nint Reciprocal(bool root) => _reciprocals[root ? 1 : 0];

    /// <summary>Writes an image of the x87 and vector registers to the area at R14; called. Overwrites RAX, RCX and the flags.</summary>
    internal nint Save(SavedFormat format) => _saves[(int)format];

    /// <summary>Loads them from such an image; called. With CF set it has loaded nothing, and the interpreter must. Overwrites RAX, RCX and the flags.</summary>
    internal nint Restore(SavedFormat format) => _restores[(int)format];

    private static int Width(int size) => size <= 8 ? 0 : size <= 16 ? 1 : 2;

    private nint EmitAcross(AccessMode mode, bool write, int bytes)
    {
        nint start = Begin();
        int table = StatePlaces.Table(mode) + (write ? TlbEntry.Write : 0);
        _code.Bytes(0x57_56_52, 3); // push rdx, rsi, rdi
        Bextr(Host.Rcx, Host.Rax);
        _code.Move(Host.Rdx, Host.Rax);
        _code.Index64(0x33, Host.Rdx, Host.Rbp, Host.Rcx, 3, table);
        _code.Immediate64(7, Host.Rdx, 0xFFF);
        nint firstMiss = _code.JumpIf(7, 0);
        _code.Index64(0x8B, Host.Rsi, Host.Rbp, Host.Rcx, 3, StatePlaces.Table(mode) + TlbEntry.Host);
        _code.Lea(Host.Rdi, Host.Rax, 0x1000);
        _code.Immediate64(4, Host.Rdi, -0x1000);
        Bextr(Host.Rcx, Host.Rdi);
        _code.Index64(0x3B, Host.Rdi, Host.Rbp, Host.Rcx, 3, table);
        nint secondMiss = _code.JumpIf(5, 0);
        _code.Index64(0x8B, Host.Rdi, Host.Rbp, Host.Rcx, 3, StatePlaces.Table(mode) + TlbEntry.Host);
        _code.Lea(Host.Rsi, Host.Rsi, 0x1000);
        Store(StatePlaces.AcrossFirst, Host.Rsi);
        Store(StatePlaces.AcrossSecond, Host.Rdi);
        for (int at = 0; at < bytes; at += 8)
        {
            _code.Mem64(0x8B, Host.Rcx, Host.Rsi, at - bytes);
            Store(StatePlaces.Across + at, Host.Rcx);
            _code.Mem64(0x8B, Host.Rcx, Host.Rdi, at);
            Store(StatePlaces.Across + bytes + at, Host.Rcx);
        }

        _code.Lea(Host.Rcx, Host.Rbp, StatePlaces.Across + bytes);
        _code.Lea(Host.Rax, Host.Rdx, -0x1000);
        _code.Bytes(0xC3_F9_5A_5E_5F, 5); // pop rdi, rsi, rdx; stc; ret
        _code.Patch(firstMiss, _code.Here);
        _code.Patch(secondMiss, _code.Here);
        _code.Bytes(0xC3_F8_5A_5E_5F, 5); // pop rdi, rsi, rdx; clc; ret
        return start;
    }

    private nint EmitPutBack(int bytes)
    {
        nint start = Begin();
        for (int half = 0; half < 2; half++)
        {
            Load(Host.Rcx, half == 0 ? StatePlaces.AcrossFirst : StatePlaces.AcrossSecond);
            for (int at = 0; at < bytes; at += 8)
            {
                Load(Host.Rax, StatePlaces.Across + (half * bytes) + at);
                _code.Mem64(0x89, Host.Rax, Host.Rcx, half == 0 ? at - bytes : at);
            }
        }

        _code.Byte(0xC3);
        return start;
    }

    private nint EmitEnter()
    {
        nint start = Begin();
        _code.Bytes(0x55_53, 2); // push rbx, rbp
        _code.Bytes(0x57_41_56_41_55_41_54_41, 8); // push r12, r13, r14, r15
        _code.Immediate64(5, Host.Rsp, 8);
        _code.Lea(Host.Rbp, Host.Rdi, Host.StateBias);
        Store(StatePlaces.HostStack, Host.Rsp);
        Store(StatePlaces.Target, Host.Rsi);
        for (int guest = 0; guest < 16; guest++)
        {
            if (Host.Home(guest) is var home and >= 0)
            {
                Load(home, Host.Place(guest));
            }
        }

        _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.VectorsLive);
        _code.Byte(0);
        nint noVectors = _code.JumpShort(4);
        _ = _code.Call(LoadVectors);
        _code.PatchShort(noVectors);
        _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.X87Live);
        _code.Byte(0);
        nint noX87 = _code.JumpShort(4);
        _ = _code.Call(LoadX87);
        _code.PatchShort(noX87);
        Load(Host.R14, StatePlaces.Scratch);
        Load(Host.R11, StatePlaces.Budget);
        Load(Host.Rax, StatePlaces.Rax);
        Load(Host.Rsp, StatePlaces.Shadow);
        _code.Mem32(0xFF, 4, Host.Rbp, StatePlaces.Target); // jmp [target]
        return start;
    }

    // EAX is the reason.
    private nint EmitLeave()
    {
        nint start = Begin();
        for (int guest = 0; guest < 16; guest++)
        {
            if (Host.Home(guest) is var home and >= 0)
            {
                Store(Host.Place(guest), home);
            }
        }

        Store(StatePlaces.Scratch, Host.R14);
        Store(StatePlaces.Budget, Host.R11);
        Store(StatePlaces.Shadow, Host.Rsp);
        Load(Host.Rsp, StatePlaces.HostStack);
        _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.VectorsLive); // cmp dword [vectors], 0
        _code.Byte(0);
        nint noVectors = _code.JumpIf(4, 0);
        EmitSaveVectors();
        _code.Patch(noVectors, _code.Here);
        _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.X87Live);
        _code.Byte(0);
        nint noX87 = _code.JumpIf(4, 0);
        EmitSaveX87();
        _code.Patch(noX87, _code.Here);
        _code.Immediate64(0, Host.Rsp, 8);
        _code.Bytes(0x5C_41_5D_41_5E_41_5F_41, 8); // pop r15, r14, r13, r12
        _code.Bytes(0xC3_5B_5D, 3); // pop rbp, rbx; ret
        return start;
    }

    private void EmitSaveVectors()
    {
        for (int register = 0; register < 16; register++)
        {
            MoveVector(0x11, register, wide: true);
        }

        StatusWord(3, StatePlaces.Mxcsr);
        StatusWord(2, StatePlaces.HostMxcsr);
        _code.Bytes(0x77_F8_C5, 3); // vzeroupper
    }

    // Registers whose upper halves are zero are loaded so that the processor knows it: an SSE instruction that writes to one with anything
    // there, zeros that were loaded included, has to wait for what the register held before (three times the time of a loop of ADDSD on Zen 5).
    private nint EmitLoadVectors()
    {
        nint start = Begin();
        _code.Bytes(0x77_F8_C5, 3); // vzeroupper
        MoveVector(0x10, 0, wide: false, half: 1);
        for (int register = 1; register < 16; register++)
        {
            _code.Bytes(0xEB_F9_C5, 3); // vpor xmm0, xmm0, [upper half]
            _code.ModRm(0, Host.Rbp, StatePlaces.Vector(register) + 16);
        }

        _code.Bytes(0xC0_17_79_E2_C4, 5); // vptest xmm0, xmm0
        nint allZero = _code.JumpIf(4, 0);
        LoadAll(wide: true);
        _code.Patch(allZero, _code.Here);
        LoadAll(wide: false);
        return start;
    }

    private void LoadAll(bool wide)
    {
        for (int register = 0; register < 16; register++)
        {
            MoveVector(0x10, register, wide);
        }

        StatusWord(2, StatePlaces.Mxcsr);
        _code.StoreInt32(Host.Rbp, StatePlaces.VectorsLive, 1);
        _code.Byte(0xC3);
    }

    // vmovups ymm or xmm, [state] (10) or the reverse (11).
    private void MoveVector(int opcode, int register, bool wide, int half = 0)
    {
        _code.Byte(0xC5);
        _code.Byte((register < 8 ? 0xF8 : 0x78) | (wide ? 4 : 0));
        _code.Byte(opcode);
        _code.ModRm(register, Host.Rbp, StatePlaces.Vector(register) + (16 * half));
    }

    // ldmxcsr (2), stmxcsr (3).
    private void StatusWord(int operation, int displacement)
    {
        _code.Bytes(0xAE_0F, 2);
        _code.ModRm(operation, Host.Rbp, displacement);
    }

    private nint EmitExit(Leave reason, nint leave)
    {
        nint start = Begin();
        Store(StatePlaces.Rax, Host.Rax);
        _code.Move(Host.Rax, (ulong)reason);
        _ = _code.Jump(leave);
        return start;
    }

    // As a jump to the address in RAX that the jump cache does not know.
    private nint EmitEmptyReturn()
    {
        nint start = Begin();
        Load(Host.Rsp, StatePlaces.ShadowBottom);
        _ = _code.Jump(Exit(Leave.Jump));
        return start;
    }

    // Keeps all registers but RCX. Kernel mode looks up kernel addresses here and user mode user addresses: the others are for C#, which counts them.
    private nint EmitLookup(AccessMode mode, bool write, bool asks, bool storesEntry = false)
    {
        nint start = Begin();
        _code.Bytes(0x57_56_52, 3); // push rdx, rsi, rdi
        List<nint> misses = [];
        if (EmitSpace(mode) is not 0 and var otherHalf)
        {
            misses.Add(otherHalf);
        }

        _code.Move(Host.Rdx, Host.Rax);
        _code.Immediate64(4, Host.Rdx, -0x1000);
        _code.Move(Host.Rsi, Host.Rdx);
        _code.Reg64(0xC1, 5, Host.Rsi); // shr rsi, 12
        _code.Byte(12);
        _code.Reg64(0x33, Host.Rsi, Host.Rcx);
        _code.Immediate64(4, Host.Rsi, X86.Tlb.SecondLevelEntries - 1);
        _code.Reg64(0xC1, 4, Host.Rsi); // shl rsi, 5
        _code.Byte(SecondLevelEntry.SizeShift);
        _code.Index64(0x8D, Host.Rsi, Host.Rbp, Host.Rsi, 0, StatePlaces.SecondLevel(mode));
        _code.Mem64(0x3B, Host.Rcx, Host.Rsi, 24); // cmp rcx, [space]
        misses.Add(_code.JumpIf(5, 0));
        _code.Mem64(0x3B, Host.Rdx, Host.Rsi, write ? 8 : 0); // cmp rdx, [tag]
        misses.Add(_code.JumpIf(5, 0));
        _code.Mem64(0x8B, Host.Rcx, Host.Rsi, 16);
        nint notPlain = write ? EmitIsPlain() : 0;
        if (_beside)
        {
            misses.Add(EmitHasRight(write));
        }

        EmitFill(mode, write);
        _code.Bytes(0xC3_F8_5A_5E_5F, 5); // pop rdi, rsi, rdx; clc; ret
        if (storesEntry)
        {
            _code.Patch(notPlain, _code.Here);
            EmitEmptyEntry(misses);
        }
        else if (write)
        {
            misses.Add(notPlain);
        }

        foreach (nint miss in misses)
        {
            _code.Patch(miss, _code.Here);
        }

        _code.Bytes(0x5A_5E_5F, 3);
        if (asks)
        {
            _code.Bytes(0xC3_F9, 2); // stc; ret
            return start;
        }

        _code.Lea(Host.Rsp, Host.Rsp, 8);
        _ = _code.Jump(Exit(write ? Leave.Write : Leave.Read));
        return start;
    }

    // RCX becomes the number of the address space that RAX belongs to.
    private nint EmitSpace(AccessMode mode)
    {
        _code.Reg64(0x85, Host.Rax, Host.Rax);
        if (mode != AccessMode.SupervisorAc)
        {
            Load(Host.Rcx, mode == AccessMode.User ? StatePlaces.UserSpace : StatePlaces.KernelSpace);
            return _code.JumpIf(mode == AccessMode.User ? 8 : 9, 0); // js, jns
        }

        Load(Host.Rcx, StatePlaces.UserSpace);
        nint user = _code.JumpShort(9);
        Load(Host.Rcx, StatePlaces.KernelSpace);
        _code.PatchShort(user);
        return 0;
    }

    // Whether the page at host address RCX may be written without ceremony.
    private nint EmitIsPlain()
    {
        EmitCompareOfPage(StatePlaces.PageFlags, (int)PageFlags.Written);
        return _code.JumpIf(5, 0);
    }

    // Returns with CF where the eight bytes at address RAX, in the page at host address RCX, are an entry of a page table that is not present (in either half, as
    // tables of 32-bit entries are the same to us).
    private void EmitEmptyEntry(List<nint> misses)
    {
        if (_beside)
        {
            misses.Add(EmitHasRight(true));
        }

        EmitCompareOfPage(StatePlaces.PageFlags, (int)(PageFlags.Written | PageFlags.Walked));
        misses.Add(_code.JumpIf(5, 0));
        _code.Move(Host.Rdx, Host.Rax);
        _code.Immediate64(4, Host.Rdx, 0xFFF);
        _code.Move(Host.Rdi, 0x1_0000_0001);
        _code.Index64(0x85, Host.Rdi, Host.Rcx, Host.Rdx, 0, 0); // test [rcx + rdx], rdi
        misses.Add(_code.JumpIf(5, 0));
        _code.Move(Host.Rax, Host.Rdx);
        _code.Bytes(0xC3_F9_5A_5E_5F, 5); // pop rdi, rsi, rdx; stc; ret
    }

    // Whether this vCPU has the right to the page at host address RCX.
    private nint EmitHasRight(bool write)
    {
        EmitCompareOfPage(StatePlaces.Rights, (int)(write ? PageRight.Write : PageRight.Read));
        return _code.JumpIf(2, 0);
    }

    // cmp byte [table + page number of RCX], value
    private void EmitCompareOfPage(int table, int value)
    {
        _code.Move(Host.Rdi, Host.Rcx);
        _code.Mem64(0x2B, Host.Rdi, Host.Rbp, StatePlaces.Ram);
        _code.Reg64(0xC1, 5, Host.Rdi);
        _code.Byte(12);
        _code.Mem64(0x03, Host.Rdi, Host.Rbp, table);
        _code.Mem32(0x80, 7, Host.Rdi, 0);
        _code.Byte(value);
    }

    // The tag without a right becomes one that never matches: the page's neighbour's.
    private void EmitFill(AccessMode mode, bool write)
    {
        int table = StatePlaces.Table(mode);
        Bextr(Host.Rdi, Host.Rax);
        _code.Index64(0x89, Host.Rcx, Host.Rbp, Host.Rdi, 3, table + TlbEntry.Host);
        _code.Index64(0x89, Host.Rdx, Host.Rbp, Host.Rdi, 3, table + (write ? TlbEntry.Write : 0));
        if (write)
        {
            // A page that may be written may be read.
            _code.Index64(0x89, Host.Rdx, Host.Rbp, Host.Rdi, 3, table);
        }
        else
        {
            _code.Immediate64(6, Host.Rdx, 0x1000);
            _code.Index64(0x89, Host.Rdx, Host.Rbp, Host.Rdi, 3, table + TlbEntry.Write);
        }

        _code.Reg32(0x8B, Host.Rdx, Host.Rdi);
        _code.Reg32(0xC1, 5, Host.Rdx); // shr edx, and mov byte [filled + rdx], 1
        _code.Byte(X86.Tlb.GroupShift);
        _code.Byte(0xC6);
        _code.Sib(0, Host.Rbp, Host.Rdx, 0, StatePlaces.Filled(mode));
        _code.Byte(1);
        if (_beside)
        {
            EmitNotePlace(mode);
        }
    }

    // As Tlb.NotePlace: the page at host address RCX is in entry RDI of the mode's table.
    private void EmitNotePlace(AccessMode mode)
    {
        _code.Move(Host.Rsi, Host.Rcx);
        _code.Mem64(0x2B, Host.Rsi, Host.Rbp, StatePlaces.Ram);
        _code.Reg64(0xC1, 5, Host.Rsi); // shr rsi, 12
        _code.Byte(12);
        _code.Mem64(0x8B, Host.Rdx, Host.Rbp, StatePlaces.Places);
        _code.Index64(0x8D, Host.Rsi, Host.Rdx, Host.Rsi, X86.Tlb.PlacesShift, sizeof(ushort) * (int)mode);
        _code.Bytes(0x16_BF_0F, 3); // movsx edx, word [rsi]
        _code.Reg32(0x85, Host.Rdx, Host.Rdx);
        nint several = _code.JumpShort(8); // js
        _code.Reg32(0xFF, 0, Host.Rdi); // inc edi
        _code.Index64(0x3B, Host.Rcx, Host.Rbp, Host.Rdx, 3, StatePlaces.Table(mode) + TlbEntry.Host - 8);
        nint gone = _code.JumpShort(5);
        _code.Reg32(0x3B, Host.Rdx, Host.Rdi);
        nint same = _code.JumpShort(4);
        _code.Move(Host.Rdi, (ulong)X86.Tlb.Several);
        _code.PatchShort(gone);
        _code.Bytes(0x3E_89_66, 3); // mov [rsi], di
        _code.PatchShort(same);
        _code.PatchShort(several);
    }

    // bextr to, from, r11: the number of the TLB entry.
    private void Bextr(int to, int from) => BlockEmitter.Bextr(_code, to, from);

    private void Load(int register, int displacement) => _code.Mem64(0x8B, register, Host.Rbp, displacement);

    private void Store(int displacement, int register) => _code.Mem64(0x89, register, Host.Rbp, displacement);

    private nint Begin()
    {
        _code.Align(16);
        return _code.Here;
    }
}
