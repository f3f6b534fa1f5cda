using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>MOVS, STOS, LODS, up and down: by the host's own where all elements lie in one page; the interpreter does the rest.</content>
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

    // With DF set it is done beside the ordinary path; but a trace that takes down accesses knows one order of them.
    private void EmitString(ref GuestInstruction op)
    {
        if (op.Kind == EmitKind.StringCompare)
        {
            GiveUpFlagsToMemory();
        }
        else
        {
            GiveUpFlags();
        }

        _code.Mem32(0xF6, 0, Host.Rbp, StatePlaces.SystemFlags + 1); // test byte [DF]
        _code.Byte((int)X86.Flags.DF >> 8);
        if (Trace is { Choice.Accesses: true })
        {
            AddInterpret(5);
            EmitString(ref op, down: false);
            return;
        }

        int stub = _coldStubs.Count;
        AddCold(new ColdStub(ColdKind.StringDown, _code.JumpIf(5, 0), 0, _at, Repeat: Repeat));
        EmitString(ref op, down: false);
        _coldStubs[stub] = _coldStubs[stub] with { Back = _code.Here };
    }

    private void EmitString(ref GuestInstruction op, bool down)
    {
        bool compares = op.Kind == EmitKind.StringCompare;
        switch (compares, IsRepeated(op))
        {
            case (true, true): EmitRepeatedCompare(ref op, down); break;
            case (true, false): EmitElementCompare(ref op, down); break;
            case (false, true): EmitRepeated(ref op, down); break;
            default: EmitElement(ref op, down); break;
        }
    }

    private void EmitStringDown(in ColdStub stub)
    {
        EmitRepeat(stub.Repeat);
        _at = stub.Index;
        NoteFlagsInMemory();
        EmitString(ref _ops[_at], down: true);
        _ = _code.Jump(stub.Back);
    }

    private void EmitElement(ref GuestInstruction op, bool down)
    {
        int size = ElementSize(op);
        int step = down ? -size : size;
        bool loads = (op.Opcode & 0xFE) != 0xAA;
        int value = (op.Opcode & 0xFE) == 0xA4 ? Host.R14 : Host.GuestRax;
        if (loads)
        {
            EmitSourceAddress(ref op);
            EmitLookup(size, false);
            Element(0x8A, value, size);
            _code.Lea(Host.Rsi, Host.Rsi, value == Host.R14 ? 0 : step);
        }

        if ((op.Opcode & 0xFE) != 0xAC)
        {
            _code.Move(Host.Rax, Host.Rdi);
            EmitLookup(size, true);
            Element(0x88, value, size);
            _code.Lea(Host.Rdi, Host.Rdi, step);
            _code.Lea(Host.Rsi, Host.Rsi, loads ? step : 0);
        }
    }

    private void EmitRepeated(ref GuestInstruction op, bool down)
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
            EmitRoom(shift, down);
            EmitPointer();
        }

        _code.Move(Host.Rax, Host.Rdi);
        EmitLookup(size, true);
        if (!moves)
        {
            EmitRoom(shift, down);
        }
        else
        {
            EmitRoomBeside(shift, down);
        }

        _code.Bytes(0x56_57, 2); // push rdi; push rsi
        _code.Index64(0x8D, Host.Rdi, Host.Rcx, Host.Rax, 0, 0);
        _code.Move(Host.Rsi, Host.R14);
        _code.Move(Host.Rax, Host.GuestRax);
        _code.Move(Host.Rcx, Host.GuestRcx);
        HostString(ref op, size, down);
        _code.Bytes(0x5F_5E, 2); // pop rsi; pop rdi
        Advance(Host.GuestRcx, shift, moves, down);
        _code.Move(Host.GuestRcx, 0UL);
        _code.Patch(none, _code.Here);
    }

    // The found place in the page, RAX, and all elements behind or before it: more than the page is the interpreter's.
    private void EmitRoom(int shift, bool down)
    {
        if (down)
        {
            _code.Lea(Host.R14, Host.GuestRcx, -1);
            _code.Reg64(0xC1, 4, Host.R14); // shl
            _code.Byte(shift);
            _code.Reg64(0x3B, Host.R14, Host.Rax);
        }
        else
        {
            _code.Index64(0x8D, Host.R14, Host.Rax, Host.GuestRcx, shift, 0);
            _code.Immediate64(7, Host.R14, 0x1000);
        }

        AddInterpret(7);
    }

    // The same where R14 is taken: it is put back.
    private void EmitRoomBeside(int shift, bool down)
    {
        _code.Mem64(0x89, Host.R14, Host.Rbp, StatePlaces.Scratch);
        EmitRoom(shift, down);
        _code.Mem64(0x8B, Host.R14, Host.Rbp, StatePlaces.Scratch);
    }

    // RDI, and RSI where there is a source, by a number of elements. The flags are free; the number is overwritten where it goes down.
    private void Advance(int elements, int shift, bool hasSource, bool down)
    {
        if (down)
        {
            _code.Reg64(0xF7, 3, elements); // neg
        }

        _code.Index64(0x8D, Host.Rdi, Host.Rdi, elements, shift, 0);
        if (hasSource)
        {
            _code.Index64(0x8D, Host.Rsi, Host.Rsi, elements, shift, 0);
        }
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

    private void HostString(ref GuestInstruction op, int size, bool down)
    {
        if (down)
        {
            _code.Byte(0xFD); // std
        }

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
        if (down)
        {
            _code.Byte(0xFC); // cld
        }
    }
}
