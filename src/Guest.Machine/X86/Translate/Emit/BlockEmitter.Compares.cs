using Guest.Machine.X86.Translate.Decode;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>SCAS and CMPS.</content>
/// <remarks>
/// As MOVS, with one difference: nothing is written, so that a repetition that comes to a page's end, or to the end of a chunk, is begun
/// again by the interpreter.
/// </remarks>
internal sealed partial class BlockEmitter
{
    private static bool IsOfPairs(in GuestInstruction op) => (op.Opcode & 0xFE) == 0xA6;

    private void EmitElementCompare(ref GuestInstruction op, bool down)
    {
        int size = ElementSize(op);
        int step = down ? -size : size;
        bool pairs = IsOfPairs(op);
        if (pairs)
        {
            EmitSourceAddress(ref op);
            EmitLookup(size, false);
            Element(0x8A, Host.R14, size);
        }

        _code.Move(Host.Rax, Host.Rdi);
        EmitLookup(size, false);
        Element(0x3A, pairs ? Host.R14 : Host.GuestRax, size); // cmp
        _code.Lea(Host.Rdi, Host.Rdi, step);
        _code.Lea(Host.Rsi, Host.Rsi, pairs ? step : 0);
        (_flags, _producer) = (FlagPlace.Processor, -1);
    }

    private void EmitRepeatedCompare(ref GuestInstruction op, bool down)
    {
        const int ZeroFlag = 1 << 14;
        bool pairs = IsOfPairs(op);
        int size = ElementSize(op);
        int shift = System.Numerics.BitOperations.Log2((uint)size);
        _code.Reg64(0x85, Host.GuestRcx, Host.GuestRcx);
        nint none = _code.JumpIf(4, 0);
        if (pairs)
        {
            EmitSourceAddress(ref op);
            EmitLookup(size, false);
            EmitPointer();
        }

        _code.Move(Host.Rax, Host.Rdi);
        EmitLookup(size, false);
        _code.Bytes(0x52_56_57, 3); // push rdi; push rsi; push rdx
        _code.Index64(0x8D, Host.Rdi, Host.Rcx, Host.Rax, 0, 0);
        EmitElementsLeft(Host.Rcx, Host.Rax, shift, down);
        if (pairs)
        {
            _code.Move(Host.Rsi, Host.R14);
            _code.Reg32(0x8B, Host.Rax, Host.R14);
            _code.Reg32(0x81, 4, Host.Rax); // and eax, 4095
            _code.Int32(0xFFF);
            EmitElementsLeft(Host.Rdx, Host.Rax, shift, down);
            EmitLesser(Host.Rcx, Host.Rdx);
        }

        EmitLesser(Host.Rcx, Host.GuestRcx);
        _code.Move(Host.Rdx, Host.Rcx);
        _code.Move(Host.Rax, Host.GuestRax);
        HostString(ref op, size, down);
        _code.Bytes(0xC0_90_0F_9F, 4); // lahf; seto al
        _code.Move(Host.R14, Host.Rax);
        _code.Reg64(0x2B, Host.Rdx, Host.Rcx);
        _code.Move(Host.Rax, Host.Rdx);
        _code.Bytes(0x5F_5E_5A, 3); // pop rdx; pop rsi; pop rdi
        _code.Rex(false, 0, 0, Host.R14);
        _code.Bytes(0xC6_F7, 2); // test r14d, ZF
        _code.Int32(ZeroFlag);
        nint ended = _code.JumpIf(op.Decoded.HasRepnePrefix ? 5 : 4, 0);
        _code.Reg64(0x3B, Host.Rax, Host.GuestRcx);
        AddInterpret(5);
        _code.Patch(ended, _code.Here);
        _code.Byte(0x66);
        _code.Mem32(0x89, Host.R14, Host.Rbp, StatePlaces.FlagsWord);
        _code.Reg64(0x2B, Host.GuestRcx, Host.Rax);
        Advance(Host.Rax, shift, pairs, down);
        _code.Patch(none, _code.Here);
        NoteFlagsInMemory();
    }

    // to = elements from an offset in a page to its end, or down to its beginning.
    private void EmitElementsLeft(int to, int offset, int shift, bool down)
    {
        if (down)
        {
            _code.Reg32(0x8B, to, offset);
            _code.Reg32(0xC1, 5, to); // shr
            _code.Byte(shift);
            _code.Lea(to, to, 1);
            return;
        }

        _code.Move(to, 0x1000UL);
        _code.Reg32(0x2B, to, offset);
        _code.Reg32(0xC1, 5, to); // shr
        _code.Byte(shift);
    }

    // cmp to, other; cmova to, other.
    private void EmitLesser(int to, int other)
    {
        _code.Reg64(0x3B, to, other);
        _code.Rex(true, to, 0, other);
        _code.Bytes(0x47_0F, 2);
        _code.Byte(0xC0 | ((to & 7) << 3) | (other & 7));
    }
}
