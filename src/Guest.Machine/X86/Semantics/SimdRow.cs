using Guest.Machine.X86.Decode;
using Guest.Machine.X86.HostCode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>Makes the row of a SIMD instruction from what the decoder's tables say of its encoding and operands.</summary>
internal static class SimdRow
{
    // Legacy encodings with 16-byte operands that need no alignment (Intel SDM 2B, their pages).
    private static readonly Mnemonic[] Unaligned =
    [
        Mnemonic.Movups, Mnemonic.Movupd, Mnemonic.Movdqu, Mnemonic.Lddqu,
        Mnemonic.Pcmpestri, Mnemonic.Pcmpestri64, Mnemonic.Pcmpestrm, Mnemonic.Pcmpestrm64, Mnemonic.Pcmpistri, Mnemonic.Pcmpistrm,
    ];

    // VEX encodings that do need it.
    private static readonly Mnemonic[] AlignedVex =
    [
        Mnemonic.Vmovaps, Mnemonic.Vmovapd, Mnemonic.Vmovdqa, Mnemonic.Vmovntps, Mnemonic.Vmovntpd, Mnemonic.Vmovntdq, Mnemonic.Vmovntdqa,
    ];

    private static readonly OpPreparation Plainly = PreparePlain;
    private static readonly OpPreparation Floating = PrepareFloat;

    /// <summary>Rows of instructions that neither obey nor change MXCSR.</summary>
    internal static IEnumerable<InstructionRow> Plain(params Code[] codes) => codes.Select(code => Row(code, Plainly));

    /// <summary>Rows of instructions that obey MXCSR, set its flags and raise #XM.</summary>
    internal static IEnumerable<InstructionRow> Float(params Code[] codes) => codes.Select(code => Row(code, Floating));

    /// <summary>Whether the row's instruction is the host's own.</summary>
    internal static bool IsHosts(InstructionRow row) => row.Prepare == Plainly || row.Prepare == Floating;

    /// <summary>Whether it obeys MXCSR.</summary>
    internal static bool ObeysMxcsr(InstructionRow row) => row.Prepare == Floating;

    /// <summary>Whether the memory operand must stand on a boundary of its size.</summary>
    internal static bool NeedsAlignment(OpCodeInfo form) => form.Encoding == EncodingKind.VEX
        ? AlignedVex.Contains(form.Mnemonic)
        : form.MemorySize.GetSize() == 16 && !Unaligned.Contains(form.Mnemonic);

    private static InstructionRow Row(Code code, OpPreparation prepare)
    {
        OpCodeInfo form = code.ToOpCode();
        var operands = Enumerable.Range(0, form.OpCount).Select(form.GetOpKind).ToList();
        bool mmx = operands.Any(kind => kind is OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm or OpCodeOperandKind.mm_or_mem);
        bool xmm = operands.Any(kind => kind is OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_or_mem);
        return form.Encoding == EncodingKind.VEX ? Row<SimdUnits.Vex>(code, form, prepare)
            : mmx && xmm ? Row<SimdUnits.MmxAndSse>(code, form, prepare)
            : mmx ? Row<SimdUnits.Mmx>(code, form, prepare)
            : xmm ? Row<SimdUnits.Sse>(code, form, prepare)
            : Row<SimdUnits.General>(code, form, prepare);
    }

    private static InstructionRow Row<TUnit>(Code code, OpCodeInfo form, OpPreparation prepare)
        where TUnit : struct, ISimdUnit
    {
        int memory = Enumerable.Range(0, form.OpCount).Where(i => MayBeMemory(form.GetOpKind(i))).DefaultIfEmpty(-1).First();
        bool onlyMemory = memory >= 0 && form.GetOpKind(memory) == OpCodeOperandKind.mem;
        bool aligned = NeedsAlignment(form);
        OpHandler access = (memory == 0, aligned) switch
        {
            (true, true) => Simd<TUnit>.StoreAligned,
            (true, false) => Simd<TUnit>.Store,
            (false, true) => Simd<TUnit>.LoadAligned,
            (false, false) when code is Code.Cvtpi2ps_xmm_mmm64 or Code.Cvtpi2pd_xmm_mmm64 => Simd<SimdUnits.Sse>.Load, // touches no MMX register
            (false, false) => Simd<TUnit>.Load,
        };
        return new InstructionRow(code, onlyMemory ? null : Simd<TUnit>.Registers, memory < 0 ? null : access, ResultKind.Host, prepare);
    }

    private static bool MayBeMemory(OpCodeOperandKind kind) => kind is OpCodeOperandKind.mem or OpCodeOperandKind.mm_or_mem
        or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem
        or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem;

    private static void PreparePlain(in Instruction instruction, ref Op op) => Prepare(instruction, ref op, false);

    private static void PrepareFloat(in Instruction instruction, ref Op op) => Prepare(instruction, ref op, true);

    private static void Prepare(in Instruction instruction, ref Op op, bool usesMxcsr)
    {
        op.Stub = SimdStubs.Find(instruction, usesMxcsr);
        ulong offsets = 0;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register)
            {
                offsets |= (ulong)Offset(instruction.GetOpRegister(i), i, op) << (16 * i);
            }
        }

        op.Extra = offsets;
    }

    // Where in the state a register stands.
    private static int Offset(Register register, int operand, in Op op) => register switch
    {
        _ when register.IsMM() => StateLayout.Mmx + (16 * register.GetNumber()),
        _ when register.IsGPR() => operand switch { 0 => op.Reg0, 1 => op.Reg1, 2 => op.Reg2, _ => op.Reg3 },
        _ => StateLayout.Vectors + (32 * register.GetNumber()),
    };
}
