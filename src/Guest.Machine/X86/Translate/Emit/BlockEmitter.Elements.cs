using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Vector instructions that access some elements and not others. What the TLB does not know is the interpreter's: what they do not access must not fault.</content>
internal sealed partial class BlockEmitter
{
    private const int VectorBytes = 32;

    private static int VectorIndex(in GuestInstruction op) => op.Decoded.MemoryIndex.GetNumber();

    // With a right to all the bytes the host's own instruction does it.
    private void EmitMaskedMove(ref GuestInstruction op)
    {
        GiveUpFlags();
        EmitAddress(ref op);
        EmitSearch(op.Long ? VectorBytes : VectorBytes / 2, op.Form.WritesRm, mayFault: false);
        Encode(ref op, op.Reg, op.Vvvv, Operand.Found);
    }

    // One element after the other, from memory to memory: registers are written when all have been found.
    private void EmitGather(ref GuestInstruction op)
    {
        const int Indexes = 0, Mask = VectorBytes, Result = 2 * VectorBytes;
        bool wideIndex = op.Decoded.Mnemonic is Mnemonic.Vgatherqps or Mnemonic.Vgatherqpd or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq;
        bool wideData = op.Decoded.Mnemonic is Mnemonic.Vgatherdpd or Mnemonic.Vgatherqpd or Mnemonic.Vpgatherdq or Mnemonic.Vpgatherqq;
        int size = wideData ? 8 : 4;
        int count = (op.Long ? VectorBytes : VectorBytes / 2) / (wideIndex || wideData ? 8 : 4);
        GiveUpFlagsToMemory();
        MoveVector(0x11, VectorIndex(op), Indexes, VectorBytes);
        MoveVector(0x11, op.Vvvv, Mask, VectorBytes);
        MoveVector(0x11, op.Reg, Result, VectorBytes);
        for (int i = 0; i < count; i++)
        {
            _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.Gather + Mask + (i * size) + size - 4); // cmp dword [mask], 0
            _code.Byte(0);
            nint unmasked = _code.JumpShort(13);
            _code.Mem64(wideIndex ? 0x8B : 0x63, Host.Rax, Host.Rbp, StatePlaces.Gather + Indexes + (i * (wideIndex ? 8 : 4)));
            EmitElementAddress(ref op);
            EmitSearch(size, write: false, mayFault: false);
            _code.Rex(wideData, Host.Rax, Host.Rax, Host.Rcx);
            _code.Byte(0x8B);
            _code.Sib(Host.Rax, Host.Rcx, Host.Rax, 0, 0);
            _code.Rex(wideData, Host.Rax, 0, Host.Rbp);
            _code.Byte(0x89);
            _code.ModRm(Host.Rax, Host.Rbp, StatePlaces.Gather + Result + (i * size));
            _code.PatchShort(unmasked);
        }

        MoveVector(0x10, op.Reg, Result, count * size);
        EncodeVexOf(1, 0, 0xEF, op.Vvvv, op.Vvvv, op.Vvvv); // vpxor mask, mask, mask
        _code.Byte(0xC0 | ((op.Vvvv & 7) << 3) | (op.Vvvv & 7));
    }

    // RAX, an index, becomes a linear address.
    private void EmitElementAddress(ref GuestInstruction op)
    {
        if (op.Scale != 0)
        {
            _code.Reg64(0xC1, 4, Host.Rax); // shl rax, scale
            _code.Byte(op.Scale);
        }

        int displacement = (int)op.Displacement;
        if (op.Base >= 0)
        {
            _code.Index64(0x8D, Host.Rax, Fetched(op.Base, Host.Rcx), Host.Rax, 0, displacement);
        }
        else
        {
            _code.Lea(Host.Rax, Host.Rax, displacement);
        }

        if (op.Segment is SegmentName.Fs or SegmentName.Gs)
        {
            _code.Mem64(0x03, Host.Rax, Host.Rbp, StatePlaces.SegmentBase(op.Segment));
        }
    }

    // vmovups (10 from memory, 11 to it), or vmovq from memory.
    private void MoveVector(int opcode, int register, int place, int bytes)
    {
        bool quadword = bytes == 8;
        EncodeVexOf(quadword ? 2 : 0, bytes == VectorBytes ? 4 : 0, quadword ? 0x7E : opcode, register, 0, 0);
        _code.ModRm(register, Host.Rbp, StatePlaces.Gather + place);
    }

    // A VEX prefix of map 0F and an opcode: pp is 0, 1 for 66 or 2 for F3.
    private void EncodeVexOf(int pp, int length, int opcode, int reg, int vvvv, int rm)
    {
        _code.Byte(0xC4);
        _code.Byte(((~reg & 8) << 4) | 0x40 | ((~rm & 8) << 2) | 1);
        _code.Byte(((~vvvv & 15) << 3) | length | pp);
        _code.Byte(opcode);
    }

    // MASKMOVQ and MASKMOVDQU: the host's own, with RDI for itself. They fault where any of their bytes would.
    private void EmitMaskedBytes(ref GuestInstruction op)
    {
        bool quadword = op.Kind == EmitKind.MaskedQuadword;
        GiveUpFlagsToMemory();
        _code.Move(Host.Rax, Host.Rdi);
        if (op.Segment is SegmentName.Fs or SegmentName.Gs)
        {
            _code.Mem64(0x03, Host.Rax, Host.Rbp, StatePlaces.SegmentBase(op.Segment));
        }

        EmitSearch(quadword ? sizeof(ulong) : VectorBytes / 2, write: true, mayFault: false);
        _code.Move(Host.R14, Host.Rdi);
        _code.Index64(0x8D, Host.Rdi, Host.Rcx, Host.Rax, 0, 0);
        Encode(ref op, op.Reg, 0, Operand.Of(op.Rm));
        _code.Move(Host.Rdi, Host.R14);
    }

    // One element after the other, from memory to memory (Trampolines.Reciprocal).
    private void EmitApproximate(ref GuestInstruction op)
    {
        const int Source = 0, Result = 2 * VectorBytes;
        bool scalar = op.Decoded.Mnemonic is Mnemonic.Rcpss or Mnemonic.Rsqrtss or Mnemonic.Vrcpss or Mnemonic.Vrsqrtss;
        bool root = op.Decoded.Mnemonic is Mnemonic.Rsqrtps or Mnemonic.Rsqrtss or Mnemonic.Vrsqrtps or Mnemonic.Vrsqrtss;
        int bytes = scalar ? sizeof(uint) : op.Long ? VectorBytes : VectorBytes / 2;
        GiveUpFlagsToMemory();
        if (op.HasMemory)
        {
            EmitAddress(ref op);
            EmitLookup(bytes, false, op.Form.IsAligned && !scalar);
            EmitPointer();
            for (int at = 0; at < bytes; at += sizeof(uint))
            {
                _code.Mem32(0x8B, Host.Rax, Host.R14, at);
                _code.Mem32(0x89, Host.Rax, Host.Rbp, StatePlaces.Gather + Source + at);
            }
        }
        else
        {
            MoveVector(0x11, op.Rm, Source, VectorBytes);
        }

        MoveVector(0x11, op.Form.IsVex && scalar ? op.Vvvv : op.Reg, Result, VectorBytes / 2);
        for (int at = 0; at < bytes; at += sizeof(uint))
        {
            _code.Mem32(0x8B, Host.Rax, Host.Rbp, StatePlaces.Gather + Source + at);
            _ = _code.Call(_stubs.Reciprocal(root));
            _code.Mem32(0x89, Host.Rax, Host.Rbp, StatePlaces.Gather + Result + at);
        }

        if (op.Form.IsVex)
        {
            MoveVector(0x10, op.Reg, Result, op.Long && !scalar ? VectorBytes : VectorBytes / 2);
            return;
        }

        // movups, which leaves the upper half alone.
        _code.Rex(false, op.Reg, 0, Host.Rbp);
        _code.Bytes(0x10_0F, 2);
        _code.ModRm(op.Reg, Host.Rbp, StatePlaces.Gather + Result);
    }
}
