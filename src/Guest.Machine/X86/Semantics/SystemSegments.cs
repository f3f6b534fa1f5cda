using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>Segment registers, descriptor tables and far transfers (Intel SDM 2A to 2D, 3A chapter 5).</summary>
internal static class SystemSegments
{
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        Row(Code.Mov_rm16_Sreg, Store<W16>, StoreMemory),
        Row(Code.Mov_r32m16_Sreg, Store<W32>, StoreMemory),
        Row(Code.Mov_r64m16_Sreg, Store<W64>, StoreMemory),
        Row(Code.Mov_Sreg_rm16, Load, LoadMemory),
        Row(Code.Mov_Sreg_r32m16, Load, LoadMemory),
        Row(Code.Mov_Sreg_r64m16, Load, LoadMemory),
        .. Stack<W16>(Code.Pushw_ES, Code.Popw_ES, Code.Pushw_CS, Code.INVALID, Code.Pushw_SS, Code.Popw_SS, Code.Pushw_DS, Code.Popw_DS, Code.Pushw_FS, Code.Popw_FS, Code.Pushw_GS, Code.Popw_GS),
        .. Stack<W32>(Code.Pushd_ES, Code.Popd_ES, Code.Pushd_CS, Code.INVALID, Code.Pushd_SS, Code.Popd_SS, Code.Pushd_DS, Code.Popd_DS, Code.Pushd_FS, Code.Popd_FS, Code.Pushd_GS, Code.Popd_GS),
        .. Stack<W64>(Code.Pushq_FS, Code.Popq_FS, Code.Pushq_GS, Code.Popq_GS),
        .. LoadFar(Code.Les_r16_m1616, Code.Les_r32_m1632),
        .. LoadFar(Code.Lds_r16_m1616, Code.Lds_r32_m1632),
        .. LoadFar(Code.Lss_r16_m1616, Code.Lss_r32_m1632, Code.Lss_r64_m1664),
        .. LoadFar(Code.Lfs_r16_m1616, Code.Lfs_r32_m1632, Code.Lfs_r64_m1664),
        .. LoadFar(Code.Lgs_r16_m1616, Code.Lgs_r32_m1632, Code.Lgs_r64_m1664),
        Row(Code.Jmp_ptr1616, JumpPointer), Row(Code.Jmp_ptr1632, JumpPointer),
        Row(Code.Call_ptr1616, CallPointer<W16>), Row(Code.Call_ptr1632, CallPointer<W32>),
        Row(Code.Jmp_m1616, null, JumpMemory<W16>), Row(Code.Jmp_m1632, null, JumpMemory<W32>), Row(Code.Jmp_m1664, null, JumpMemory<W64>),
        Row(Code.Call_m1616, null, CallMemory<W16>), Row(Code.Call_m1632, null, CallMemory<W32>), Row(Code.Call_m1664, null, CallMemory<W64>),
        Row(Code.Retfw, Return<W16>), Row(Code.Retfd, Return<W32>), Row(Code.Retfq, Return<W64>),
        Row(Code.Retfw_imm16, Return<W16>), Row(Code.Retfd_imm16, Return<W32>), Row(Code.Retfq_imm16, Return<W64>),
        Row(Code.Sgdt_m1632, null, Sgdt), Row(Code.Sgdt_m1632_16, null, Sgdt), Row(Code.Sgdt_m1664, null, Sgdt),
        Row(Code.Sidt_m1632, null, Sidt), Row(Code.Sidt_m1632_16, null, Sidt), Row(Code.Sidt_m1664, null, Sidt),
        Row(Code.Lgdt_m1632, null, Lgdt), Row(Code.Lgdt_m1632_16, null, Lgdt), Row(Code.Lgdt_m1664, null, Lgdt),
        Row(Code.Lidt_m1632, null, Lidt), Row(Code.Lidt_m1632_16, null, Lidt), Row(Code.Lidt_m1664, null, Lidt),
        .. Selector(SegmentName.Ldtr, Code.Sldt_rm16, Code.Sldt_r32m16, Code.Sldt_r64m16),
        .. Selector(SegmentName.Tr, Code.Str_rm16, Code.Str_r32m16, Code.Str_r64m16),
        Row(Code.Lldt_rm16, Lldt, LldtMemory), Row(Code.Lldt_r32m16, Lldt, LldtMemory), Row(Code.Lldt_r64m16, Lldt, LldtMemory),
        Row(Code.Ltr_rm16, Ltr, LtrMemory), Row(Code.Ltr_r32m16, Ltr, LtrMemory), Row(Code.Ltr_r64m16, Ltr, LtrMemory),
        Row(Code.Verr_rm16, Verify<Readable>, VerifyMemory<Readable>), Row(Code.Verr_r32m16, Verify<Readable>, VerifyMemory<Readable>), Row(Code.Verr_r64m16, Verify<Readable>, VerifyMemory<Readable>),
        Row(Code.Verw_rm16, Verify<Writable>, VerifyMemory<Writable>), Row(Code.Verw_r32m16, Verify<Writable>, VerifyMemory<Writable>), Row(Code.Verw_r64m16, Verify<Writable>, VerifyMemory<Writable>),
        Row(Code.Lar_r16_rm16, Lar<W16>, LarMemory<W16>), Row(Code.Lar_r32_r32m16, Lar<W32>, LarMemory<W32>), Row(Code.Lar_r64_r64m16, Lar<W64>, LarMemory<W64>),
        Row(Code.Lsl_r16_rm16, Lsl<W16>, LslMemory<W16>), Row(Code.Lsl_r32_r32m16, Lsl<W32>, LslMemory<W32>), Row(Code.Lsl_r64_r64m16, Lsl<W64>, LslMemory<W64>),
        Row(Code.Arpl_rm16_r16, Arpl, ArplMemory), Row(Code.Arpl_r32m16_r32, Arpl, ArplMemory),
    ];

    internal static InstructionRow Row(Code code, OpHandler? register, OpHandler? memory = null) => new(code, register, memory, ResultKind.System);

    private static void Store<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, cpu.State.Segments[op.Reg1].Selector);

    private static void StoreMemory(Vcpu cpu, ref Op op) => W16.Store(cpu, cpu.Address(ref op), cpu.State.Segments[op.Reg1].Selector);

    private static void Load(Vcpu cpu, ref Op op) => LoadRegister(cpu, op.Reg0, (ushort)W16.Get(ref cpu.State, op.Reg1));

    private static void LoadMemory(Vcpu cpu, ref Op op) => LoadRegister(cpu, op.Reg0, (ushort)W16.Load(cpu, cpu.Address(ref op)));

    private static void LoadRegister(Vcpu cpu, byte segment, ushort selector)
    {
        if (segment == (byte)SegmentName.Cs)
        {
            cpu.Raise(Vector.UD);
        }

        cpu.LoadSegment((SegmentName)segment, selector);
        if (segment == (byte)SegmentName.Ss)
        {
            cpu.SetShadow(InterruptShadow.MovSs);
        }
    }

    private static IEnumerable<InstructionRow> Stack<T>(params Code[] codes)
        where T : struct, IWidth
    {
        foreach (Code code in codes.Where(code => code != Code.INVALID))
        {
            yield return Row(code, code.ToString().StartsWith("Push", StringComparison.Ordinal) ? Push<T> : Pop<T>);
        }
    }

    private static void Push<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong sp = s.Rsp;

        // A 32-bit push of a selector writes two bytes on current processors; the slot's upper half keeps its value (SDM 2B, PUSH).
        ref Segment ss = ref s.Segments[(int)SegmentName.Ss];
        if (T.Bytes == 4)
        {
            ulong mask = cpu.InLongMode64 ? ulong.MaxValue : ss.Big ? uint.MaxValue : ushort.MaxValue;
            ulong next = (sp - 4) & mask;
            W16.Store(cpu, cpu.Linear(SegmentName.Ss, next, 2, write: true), s.Segments[op.Reg0].Selector);
            sp = (sp & ~mask) | next;
        }
        else
        {
            cpu.PushOn(ref ss, ref sp, T.Bytes, s.Segments[op.Reg0].Selector);
        }

        cpu.SetStackPointer(sp);
    }

    private static void Pop<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong sp = cpu.State.Rsp;
        ulong value = cpu.Pop(ref sp, T.Bytes);
        cpu.LoadSegment((SegmentName)op.Reg0, (ushort)value);
        cpu.SetStackPointer(sp);
        if (op.Reg0 == (byte)SegmentName.Ss)
        {
            cpu.SetShadow(InterruptShadow.MovSs);
        }
    }

    private static IEnumerable<InstructionRow> LoadFar(params Code[] codes)
    {
        OpHandler[] handlers = [LoadFarPointer<W16>, LoadFarPointer<W32>, LoadFarPointer<W64>];
        return codes.Select((code, size) => Row(code, null, handlers[size]));
    }

    private static void LoadFarPointer<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong address = cpu.Address(ref op);
        ulong offset = T.Load(cpu, address);
        ushort selector = (ushort)W16.Load(cpu, address + (ulong)T.Bytes);
        SegmentName name = op.Code switch
        {
            Code.Les_r16_m1616 or Code.Les_r32_m1632 => SegmentName.Es,
            Code.Lds_r16_m1616 or Code.Lds_r32_m1632 => SegmentName.Ds,
            Code.Lfs_r16_m1616 or Code.Lfs_r32_m1632 or Code.Lfs_r64_m1664 => SegmentName.Fs,
            Code.Lgs_r16_m1616 or Code.Lgs_r32_m1632 or Code.Lgs_r64_m1664 => SegmentName.Gs,
            _ => SegmentName.Ss,
        };
        cpu.LoadSegment(name, selector);
        T.Set(ref cpu.State, op.Reg0, offset);
    }

    private static void JumpPointer(Vcpu cpu, ref Op op) => cpu.FarJump((ushort)op.Extra, op.Imm);

    private static void CallPointer<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => cpu.FarCall((ushort)op.Extra, op.Imm, T.Bytes);

    private static void JumpMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong address = cpu.Address(ref op);
        ulong offset = T.Load(cpu, address);
        cpu.FarJump((ushort)W16.Load(cpu, address + (ulong)T.Bytes), offset);
    }

    private static void CallMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong address = cpu.Address(ref op);
        ulong offset = T.Load(cpu, address);
        cpu.FarCall((ushort)W16.Load(cpu, address + (ulong)T.Bytes), offset, T.Bytes);
    }

    private static void Return<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => cpu.FarReturn(T.Bytes, (ushort)op.Imm);

    private static void Sgdt(Vcpu cpu, ref Op op) => StoreTable(cpu, ref op, cpu.State.GdtLimit, cpu.State.GdtBase);

    private static void Sidt(Vcpu cpu, ref Op op) => StoreTable(cpu, ref op, cpu.State.IdtLimit, cpu.State.IdtBase);

    private static void StoreTable(Vcpu cpu, ref Op op, uint limit, ulong tableBase)
    {
        cpu.RequireUmip();
        Span<byte> image = stackalloc byte[10];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(image, (ushort)limit);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(image[2..], tableBase);
        cpu.StoreBytes(cpu.Address(ref op), image[..(cpu.InLongMode64 ? 10 : 6)]);
    }

    private static void Lgdt(Vcpu cpu, ref Op op)
    {
        (uint limit, ulong tableBase) = LoadTable(cpu, ref op);
        cpu.State.GdtLimit = limit;
        cpu.State.GdtBase = tableBase;
    }

    private static void Lidt(Vcpu cpu, ref Op op)
    {
        (uint limit, ulong tableBase) = LoadTable(cpu, ref op);
        cpu.State.IdtLimit = limit;
        cpu.State.IdtBase = tableBase;
    }

    private static (uint Limit, ulong Base) LoadTable(Vcpu cpu, ref Op op)
    {
        cpu.RequireCpl0();
        ulong address = cpu.Address(ref op);
        uint limit = (uint)W16.Load(cpu, address);
        ulong tableBase = cpu.InLongMode64 ? W64.Load(cpu, address + 2) : W32.Load(cpu, address + 2);
        if (cpu.InLongMode64 && !cpu.IsCanonical(tableBase))
        {
            cpu.RaiseGp();
        }

        bool narrow = op.Code is Code.Lgdt_m1632_16 or Code.Lidt_m1632_16;
        return (limit, narrow ? tableBase & 0xFF_FFFF : tableBase);
    }

    private static IEnumerable<InstructionRow> Selector(SegmentName name, Code w16, Code w32, Code w64) => name == SegmentName.Ldtr
        ? [Row(w16, Sldt<W16>, SldtMemory), Row(w32, Sldt<W32>, SldtMemory), Row(w64, Sldt<W64>, SldtMemory)]
        : [Row(w16, Str<W16>, StrMemory), Row(w32, Str<W32>, StrMemory), Row(w64, Str<W64>, StrMemory)];

    private static void Sldt<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, StoredSelector(cpu, SegmentName.Ldtr));

    private static void SldtMemory(Vcpu cpu, ref Op op) => StoreSelector(cpu, ref op, SegmentName.Ldtr);

    private static void Str<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, StoredSelector(cpu, SegmentName.Tr));

    private static void StrMemory(Vcpu cpu, ref Op op) => StoreSelector(cpu, ref op, SegmentName.Tr);

    private static void StoreSelector(Vcpu cpu, ref Op op, SegmentName name)
    {
        ushort selector = StoredSelector(cpu, name);
        W16.Store(cpu, cpu.Address(ref op), selector);
    }

    private static ushort StoredSelector(Vcpu cpu, SegmentName name)
    {
        RequireProtected(cpu);
        cpu.RequireUmip();
        return cpu.State.Segments[(int)name].Selector;
    }

    private static void Lldt(Vcpu cpu, ref Op op)
    {
        RequireProtected(cpu);
        cpu.RequireCpl0();
        cpu.LoadLdtr((ushort)W16.Get(ref cpu.State, op.Reg0));
    }

    private static void LldtMemory(Vcpu cpu, ref Op op)
    {
        RequireProtected(cpu);
        cpu.RequireCpl0();
        cpu.LoadLdtr((ushort)W16.Load(cpu, cpu.Address(ref op)));
    }

    private static void Ltr(Vcpu cpu, ref Op op)
    {
        RequireProtected(cpu);
        cpu.RequireCpl0();
        cpu.LoadTr((ushort)W16.Get(ref cpu.State, op.Reg0));
    }

    private static void LtrMemory(Vcpu cpu, ref Op op)
    {
        RequireProtected(cpu);
        cpu.RequireCpl0();
        cpu.LoadTr((ushort)W16.Load(cpu, cpu.Address(ref op)));
    }

    // SLDT, LAR and the like do not exist in real and virtual-8086 mode.
    private static void RequireProtected(Vcpu cpu)
    {
        if (!cpu.InProtectedMode || cpu.InVirtual8086)
        {
            cpu.Raise(Vector.UD);
        }
    }

    private static void Verify<TRight>(Vcpu cpu, ref Op op)
        where TRight : struct, IDescriptorRight => SetZero(cpu, Visible(cpu, (ushort)W16.Get(ref cpu.State, op.Reg0), out Descriptor found) && TRight.Allows(found));

    private static void VerifyMemory<TRight>(Vcpu cpu, ref Op op)
        where TRight : struct, IDescriptorRight
    {
        RequireProtected(cpu);
        SetZero(cpu, Visible(cpu, (ushort)W16.Load(cpu, cpu.Address(ref op)), out Descriptor found) && TRight.Allows(found));
    }

    private static void Lar<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Lar<T>(cpu, op.Reg0, (ushort)W16.Get(ref cpu.State, op.Reg1));

    private static void LarMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        RequireProtected(cpu);
        Lar<T>(cpu, op.Reg0, (ushort)W16.Load(cpu, cpu.Address(ref op)));
    }

    private static void Lar<T>(Vcpu cpu, byte register, ushort selector)
        where T : struct, IWidth
    {
        bool found = Visible(cpu, selector, out Descriptor descriptor)
            && (descriptor.CodeOrData || (cpu.InLongMode ? descriptor.Type is 2 or 9 or 11 or 12 : descriptor.Type is not (0 or 6 or 7 or 8 or 10 or 13 or 14 or 15)));
        if (found)
        {
            T.Set(ref cpu.State, register, (descriptor.Low >> 32) & 0x00FF_FF00);
        }

        SetZero(cpu, found);
    }

    private static void Lsl<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Lsl<T>(cpu, op.Reg0, (ushort)W16.Get(ref cpu.State, op.Reg1));

    private static void LslMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        RequireProtected(cpu);
        Lsl<T>(cpu, op.Reg0, (ushort)W16.Load(cpu, cpu.Address(ref op)));
    }

    private static void Lsl<T>(Vcpu cpu, byte register, ushort selector)
        where T : struct, IWidth
    {
        bool found = Visible(cpu, selector, out Descriptor descriptor)
            && (descriptor.CodeOrData || (cpu.InLongMode ? descriptor.Type is 2 or 9 or 11 : descriptor.Type is 1 or 2 or 3 or 9 or 11));
        if (found)
        {
            T.Set(ref cpu.State, register, descriptor.Limit);
        }

        SetZero(cpu, found);
    }

    private static bool Visible(Vcpu cpu, ushort selector, out Descriptor descriptor)
    {
        RequireProtected(cpu);
        descriptor = default;
        if ((selector & 0xFFFC) == 0 || !cpu.TryReadDescriptor(selector, out descriptor))
        {
            return false;
        }

        return descriptor.Conforming || descriptor.Dpl >= Math.Max(cpu.State.Cpl, selector & 3);
    }

    private static void Arpl(Vcpu cpu, ref Op op)
    {
        RequireProtected(cpu);
        ref CpuState s = ref cpu.State;
        ulong destination = W16.Get(ref s, op.Reg0);
        ulong rpl = W16.Get(ref s, op.Reg1) & 3;
        bool raise = (destination & 3) < rpl;
        if (raise)
        {
            W16.Set(ref s, op.Reg0, (destination & ~3UL) | rpl);
        }

        SetZero(cpu, raise);
    }

    private static void ArplMemory(Vcpu cpu, ref Op op)
    {
        RequireProtected(cpu);
        ulong destination = W16.Load(cpu, cpu.ElementAddress(ref op, 0, 0, 2, write: false));
        ulong rpl = W16.Get(ref cpu.State, op.Reg1) & 3;
        bool raise = (destination & 3) < rpl;
        if (raise)
        {
            W16.Store(cpu, cpu.ElementAddress(ref op, 0, 0, 2, write: true), (destination & ~3UL) | rpl);
        }

        SetZero(cpu, raise);
    }

    private static void SetZero(Vcpu cpu, bool zero)
    {
        ref CpuState s = ref cpu.State;
        Flags.SetStatus(ref s, (Flags.GetStatus(ref s) & ~Flags.ZF) | (zero ? Flags.ZF : 0));
    }

    private interface IDescriptorRight
    {
        static abstract bool Allows(Descriptor descriptor);
    }

    private readonly struct Readable : IDescriptorRight
    {
        public static bool Allows(Descriptor descriptor) => descriptor.CodeOrData && descriptor.Readable;
    }

    private readonly struct Writable : IDescriptorRight
    {
        public static bool Allows(Descriptor descriptor) => descriptor.WritableData;
    }
}
