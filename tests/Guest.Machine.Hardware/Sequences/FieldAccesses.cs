using System.Runtime.InteropServices;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Sequences;

/// <summary>Random accesses beside each other, as to the fields of a structure or a stack frame: a base register, constants, and what moves it by constants.</summary>
internal sealed class FieldAccesses
{
    private static readonly Register[] wide = [.. Enumerable.Range(0, 16).Select(i => Register.RAX + i)];
    private static readonly Register[] narrow = [.. Enumerable.Range(0, 16).Select(i => Register.EAX + i)];
    private static readonly Code[] pairs =
    [
        Code.Mov_r64_rm64, Code.Mov_rm64_r64, Code.Mov_r64_rm64, Code.Mov_rm64_r64, Code.Mov_r32_rm32, Code.Mov_rm32_r32, Code.Add_r64_rm64, Code.Add_rm64_r64,
        Code.Adc_r64_rm64, Code.Adc_rm32_r32, Code.Sub_rm32_r32, Code.Sbb_rm64_r64, Code.Xor_r64_rm64, Code.And_rm64_r64, Code.Or_rm32_r32, Code.Cmp_r64_rm64, Code.Cmp_rm64_r64,
        Code.Test_rm64_r64, Code.Imul_r64_rm64, Code.Cmovb_r64_rm64, Code.Cmovle_r32_rm32, Code.Xchg_rm64_r64, Code.Xadd_rm64_r64, Code.Cmpxchg_rm64_r64, Code.Bsf_r64_rm64,
        Code.Tzcnt_r64_rm64, Code.Movzx_r32_rm8, Code.Movsx_r32_rm16, Code.Shld_rm64_r64_CL,
    ];

    private static readonly Code[] singles =
        [Code.Inc_rm64, Code.Dec_rm32, Code.Neg_rm64, Code.Not_rm64, Code.Mul_rm64, Code.Div_rm64, Code.Setb_rm8, Code.Sete_rm8, Code.Rol_rm64_1, Code.Shl_rm64_1, Code.Sar_rm32_CL];

    private readonly List<byte> bytes = [];
    private readonly Encoder encoder;

    public FieldAccesses() => encoder = Encoder.Create(64, new ListWriter(bytes));

    /// <summary>The bytes of 2 to 9 accesses, most of them through a register.</summary>
    /// <param name="rng">What chooses.</param>
    /// <param name="start">The register's number; it holds an address.</param>
    public ReadOnlySpan<byte> Make(ref Rng rng, int start)
    {
        bytes.Clear();
        Register from = wide[start];
        for (int left = 2 + rng.Below(8); left > 0; left--)
        {
            Instruction made = Any(ref rng, from);
            _ = encoder.Encode(made, 0);
            if (made.Code == Code.Lea_r64_m || (made.Code == Code.Mov_r64_rm64 && made.Op1Kind == OpKind.Register))
            {
                from = made.Op0Register;
            }
        }

        return CollectionsMarshal.AsSpan(bytes);
    }

    private static Instruction Any(ref Rng rng, Register from)
    {
        var field = new MemoryOperand(from, rng.Percent(70) ? rng.Below(200) - 60 : rng.Below(1200) - 600);
        Register other = wide[rng.Below(16)];
        return rng.Below(26) switch
        {
            < 11 => Pair(pairs[rng.Below(pairs.Length)], rng.Below(16), field),
            < 13 => Single(singles[rng.Below(singles.Length)], field),
            13 => Instruction.Create(Code.Lea_r64_m, other, field),
            14 => Instruction.Create(Code.Mov_r64_rm64, other, from),
            15 => Instruction.Create(Code.Add_rm64_imm8, from, rng.Below(64) - 32),
            16 => Instruction.Create(rng.Percent(50) ? Code.Inc_rm64 : Code.Dec_rm64, from),
            17 or 18 => Instruction.Create(Code.Push_r64, other),
            19 => Instruction.Create(Code.Pushfq),
            20 => Instruction.Create(Code.Pushq_imm8, rng.Below(256) - 128),
            21 => Instruction.Create(Code.Adc_r64_rm64, other, wide[rng.Below(16)]),
            22 => Instruction.Create(Code.Shl_rm64_CL, other, Register.CL),
            23 => Instruction.Create(Code.Lea_r64_m, other, new MemoryOperand(wide[rng.Below(16)], wide[rng.Below(4)], 4)),
            24 => Instruction.Create(Code.Mov_r64_imm64, other, (ulong)rng.Below(1 << 20)),
            _ => Instruction.Create(Code.Pop_r64, other),
        };
    }

    private static Instruction Single(Code code, in MemoryOperand field) => code switch
    {
        Code.Sar_rm32_CL => Instruction.Create(code, field, Register.CL),
        Code.Rol_rm64_1 or Code.Shl_rm64_1 => Instruction.Create(code, field, 1),
        _ => Instruction.Create(code, field),
    };

    // Of a field and a register, in the instruction's own order.
    private static Instruction Pair(Code code, int register, in MemoryOperand field)
    {
        OpCodeInfo info = code.ToOpCode();
        bool fieldFirst = info.GetOpKind(0) is OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r32_or_mem;
        OpCodeOperandKind kind = info.GetOpKind(fieldFirst ? 1 : 0);
        Register other = (kind == OpCodeOperandKind.r64_reg ? wide : narrow)[register];
        return info.OpCount == 3
            ? Instruction.Create(code, field, other, Register.CL)
            : fieldFirst ? Instruction.Create(code, field, other) : Instruction.Create(code, other, field);
    }

    private sealed class ListWriter(List<byte> bytes) : CodeWriter
    {
        public override void WriteByte(byte value) => bytes.Add(value);
    }
}
