using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>MOVS, STOS, LODS: by the host's own where all elements lie in one page; the interpreter does the rest.</content>
/// <remarks>
/// A repeated instruction is done here only if it is complete with its first chunk (docs/defined-results.md), so that it never stands in its middle. The
/// host's own is used, with RSI, RDI and RCX for itself as long as it runs.
/// </remarks>
internal sealed partial class BlockEmitter
{
    private const int MostElements = 4096;

    private static bool IsHostString(in GuestInstruction op)
    {
        for (int i = 0; i < op.Decoded.OpCount; i++)
        {
            if (op.Decoded.GetOpKind(i) is OpKind.MemorySegESI or OpKind.MemoryESEDI)
            {
                return false;
            }
        }

        return !(IsRepeated(op) && (op.Opcode & 0xFE) == 0xAC);
    }

    private static bool IsRepeated(in GuestInstruction op) => op.Decoded.HasRepPrefix || op.Decoded.HasRepnePrefix;

    private static int ElementSize(in GuestInstruction op) => (op.Opcode & 1) == 0 ? 1 : op.Wide ? 8 : op.Form.Prefix == 0x66 || op.Form.Bits == 16 ? 2 : 4;

    private void EmitString(ref GuestInstruction op)
    {
        GiveUpFlags();
        _code.Mem32(0xF6, 0, Host.Rbp, StatePlaces.SystemFlags + 1); // test byte [DF]
        _code.Byte((int)X86.Flags.DF >> 8);
        AddInterpret(5);
        if (IsRepeated(op))
        {
            EmitRepeated(ref op);
        }
        else
        {
            EmitElement(ref op);
        }
    }

    private void EmitElement(ref GuestInstruction op)
    {
        int size = ElementSize(op);
        bool loads = (op.Opcode & 0xFE) != 0xAA;
        int value = (op.Opcode & 0xFE) == 0xA4 ? Host.R14 : Host.GuestRax;
        if (loads)
        {
            EmitSourceAddress(ref op);
            EmitLookup(size, false);
            Element(0x8A, value, size);
            _code.Lea(Host.Rsi, Host.Rsi, value == Host.R14 ? 0 : size);
        }

        if ((op.Opcode & 0xFE) != 0xAC)
        {
            _code.Move(Host.Rax, Host.Rdi);
            EmitLookup(size, true);
            Element(0x88, value, size);
            _code.Lea(Host.Rdi, Host.Rdi, size);
            _code.Lea(Host.Rsi, Host.Rsi, loads ? size : 0);
        }
    }

    private void EmitRepeated(ref GuestInstruction op)
    {
        int size = ElementSize(op);
        int shift = System.Numerics.BitOperations.Log2((uint)size);
        bool moves = (op.Opcode & 0xFE) == 0xA4;
        _code.Immediate64(7, Host.GuestRcx, MostElements);
        AddInterpret(7);
        _code.Reg64(0x85, Host.GuestRcx, Host.GuestRcx);
        nint none = _code.JumpIf(4, 0);
        if (moves)
        {
            EmitSourceAddress(ref op);
            EmitLookup(size, false);
            EmitRoom(shift);
            EmitPointer();
        }

        _code.Move(Host.Rax, Host.Rdi);
        EmitLookup(size, true);
        if (!moves)
        {
            EmitRoom(shift);
        }
        else
        {
            EmitRoomBeside(shift);
        }

        _code.Bytes(0x56_57, 2); // push rdi; push rsi
        _code.Index64(0x8D, Host.Rdi, Host.Rcx, Host.Rax, 0, 0);
        _code.Move(Host.Rsi, Host.R14);
        _code.Move(Host.Rax, Host.GuestRax);
        _code.Move(Host.Rcx, Host.GuestRcx);
        HostString(ref op, size);
        _code.Bytes(0x5F_5E, 2); // pop rsi; pop rdi
        _code.Index64(0x8D, Host.Rdi, Host.Rdi, Host.GuestRcx, shift, 0);
        if (moves)
        {
            _code.Index64(0x8D, Host.Rsi, Host.Rsi, Host.GuestRcx, shift, 0);
        }

        _code.Move(Host.GuestRcx, 0UL);
        _code.Patch(none, _code.Here);
    }

    // The found place in the page, RAX, and all elements behind it: more than the page is the interpreter's.
    private void EmitRoom(int shift)
    {
        _code.Index64(0x8D, Host.R14, Host.Rax, Host.GuestRcx, shift, 0);
        _code.Immediate64(7, Host.R14, 0x1000);
        AddInterpret(7);
    }

    // The same where R14 is taken: RAX is put back.
    private void EmitRoomBeside(int shift)
    {
        _code.Byte(0x50); // push rax
        _code.Index64(0x8D, Host.Rax, Host.Rax, Host.GuestRcx, shift, 0);
        _code.Immediate64(7, Host.Rax, 0x1000);
        _code.Byte(0x58); // pop rax
        AddInterpret(7);
    }

    private void EmitSourceAddress(ref GuestInstruction op)
    {
        _code.Move(Host.Rax, Host.Rsi);
        if (op.Segment is SegmentName.Fs or SegmentName.Gs)
        {
            _code.Mem64(0x03, Host.Rax, Host.Rbp, StatePlaces.SegmentBase(op.Segment));
        }
    }

    // mov between a register and the found place.
    private void Element(int opcode, int register, int size)
    {
        if (size == 2)
        {
            _code.Byte(0x66);
        }

        _code.Rex(size == 8, register, Host.Rax, Host.Rcx);
        _code.Byte(opcode | (size == 1 ? 0 : 1));
        _code.Sib(register, Host.Rcx, Host.Rax, 0, 0);
    }

    private void HostString(ref GuestInstruction op, int size)
    {
        if (size == 2)
        {
            _code.Byte(0x66);
        }

        _code.Byte(op.Decoded.HasRepnePrefix ? 0xF2 : 0xF3);
        if (size == 8)
        {
            _code.Byte(0x48);
        }

        _code.Byte(op.Opcode);
    }
}
