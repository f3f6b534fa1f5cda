using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Analyse;

/// <summary>Which of the guest's general registers an instruction uses and writes.</summary>
internal static class RegisterUse
{
    private const int Rax = 1;
    private const int Rcx = 1 << 1;
    private const int Rdx = 1 << 2;
    private const int Rsp = 1 << 4;
    private const int Rbp = 1 << 5;
    private const int Rsi = 1 << 6;
    private const int Rdi = 1 << 7;

    /// <summary>The registers written, one bit each.</summary>
    internal static int Written(ref GuestInstruction op) => op.Kind switch
    {
        EmitKind.Accumulator => op.Decoded.Mnemonic is Mnemonic.Cmp or Mnemonic.Test ? 0 : Rax,
        EmitKind.MoveOffset => op.Opcode >= 0xA2 ? 0 : Rax,
        EmitKind.ExchangeAccumulator => Rax | Operand(ref op),
        EmitKind.WidenAccumulator or EmitKind.LoadFlags => Rax,
        EmitKind.WidenToDx => Rdx,
        EmitKind.ReadTime => Rax | Rdx | (op.Decoded.Mnemonic == Mnemonic.Rdtscp ? Rcx : 0),
        EmitKind.MultiplyWide or EmitKind.Divide or EmitKind.SignedDivide or EmitKind.CompareExchangeWide => Rax | Rdx,
        EmitKind.CompareExchange => Rax | Fields(ref op),
        EmitKind.MoveImmediate or EmitKind.ByteSwap or EmitKind.ReadSegment => Operand(ref op),
        EmitKind.Pop => Rsp | Operand(ref op),
        EmitKind.PopNarrow => Rsp | Operand(ref op),
        EmitKind.PushOther or EmitKind.PopMemory or EmitKind.PopFlags => Rsp,
        EmitKind.ReadBase => 1 << op.Rm,
        EmitKind.ReadXcr0 => Rax | Rdx,
        EmitKind.WriteBase => 0,
        EmitKind.TranslateByte => Rax,
        EmitKind.Push or EmitKind.PushImmediate or EmitKind.PushMemory or EmitKind.PushFlags or EmitKind.Call or EmitKind.CallIndirect or EmitKind.Return => Rsp,
        EmitKind.Leave or EmitKind.LeaveNarrow or EmitKind.EnterFrame => Rsp | Rbp,
        EmitKind.String or EmitKind.StringCompare => Rax | Rcx | Rsi | Rdi,
        EmitKind.StringIndex or EmitKind.CountJump or EmitKind.CountJumpIf => Rcx,
        EmitKind.X87 => op.Decoded.Code == Code.Fnstsw_AX ? Rax : 0,
        EmitKind.Jump or EmitKind.JumpIf or EmitKind.JumpIndirect => 0,
        _ => Fields(ref op),
    };

    /// <summary>The registers that an instruction's encoding names, one bit each: operands, and where asked for base and index.</summary>
    internal static int Touched(ref GuestInstruction op, bool withAddress = true)
    {
        CodeForm form = op.Form;
        int touched = op.Kind is EmitKind.MoveImmediate or EmitKind.ByteSwap or EmitKind.Push or EmitKind.Pop ? Operand(ref op)
            : !op.HasMemory && form.Rm == OperandRole.General ? 1 << op.Rm : 0;
        touched |= form.Reg == OperandRole.General ? 1 << op.Reg : 0;
        touched |= form.Vvvv == OperandRole.General ? 1 << op.Vvvv : 0;
        if (!withAddress)
        {
            return touched;
        }

        touched |= op.HasMemory && op.Base >= 0 ? 1 << op.Base : 0;
        return touched | (op.HasMemory && op.Index >= 0 ? 1 << op.Index : 0);
    }

    // What the encoding's fields name and the instruction writes.
    private static int Fields(ref GuestInstruction op)
    {
        CodeForm form = op.Form;
        int written = form.WritesReg && form.Reg == OperandRole.General ? 1 << (op.RegIsHigh ? op.Reg - 4 : op.Reg) : 0;
        written |= form.WritesRm && form.Rm == OperandRole.General && !op.HasMemory ? 1 << (op.RmIsHigh ? op.Rm - 4 : op.Rm) : 0;
        return written | (form.WritesVvvv && form.Vvvv == OperandRole.General ? 1 << op.Vvvv : 0);
    }

    // The register in the opcode or in the operand's field; a second byte's too.
    private static int Operand(ref GuestInstruction op) =>
        1 << (op.OpcodeIsHigh ? op.Rm - 4 : op.Rm);
}
