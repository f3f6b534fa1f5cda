using Guest.Machine.X86.Translate.Decode;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Memory operands: their linear address, and the search of the TLB.</content>
internal sealed partial class BlockEmitter
{
    /// <summary>bextr to, from, r11: the number of the TLB's entry for an address.</summary>
    internal static void Bextr(CodeWriter code, int to, int from)
    {
        code.Byte(0xC4);
        code.Byte(((~to & 8) << 4) | 0x40 | ((~from & 8) << 2) | 2);
        code.Byte(0x80 | ((~Host.R11 & 15) << 3));
        code.Byte(0xF7);
        code.Byte(0xC0 | ((to & 7) << 3) | (from & 7));
    }

    // The linear address of the memory operand into RAX. RCX may be overwritten, the flags too where a segment has a base.
    private void EmitAddress(ref GuestInstruction op)
    {
        EmitEffectiveAddress(ref op, Host.Rax);
        if (op.Segment is SegmentName.Fs or SegmentName.Gs)
        {
            _code.Mem64(0x03, Host.Rax, Host.Rbp, StatePlaces.SegmentBase(op.Segment));
        }
    }

    // Base + index * scale + displacement; leaves the flags alone.
    private void EmitEffectiveAddress(ref GuestInstruction op, int to)
    {
        if (op.FromRip)
        {
            EmitCodeAddress(to, op.Displacement);
            return;
        }

        int index = op.Index < 0 ? -1 : Fetched(op.Index, Host.Rcx);
        if (op.Base < 0)
        {
            EmitAbsolute(ref op, to, index);
        }
        else
        {
            int start = Fetched(op.Base, Host.Rax);
            int displacement = (int)op.Displacement;
            if (index >= 0)
            {
                _code.Index64(0x8D, to, start, index, op.Scale, displacement);
            }
            else
            {
                _code.Lea(to, start, displacement);
            }
        }

        if (op.Cut)
        {
            _code.Reg32(0x8B, to, to);
        }
    }

    private void EmitAbsolute(ref GuestInstruction op, int to, int index)
    {
        if (index < 0)
        {
            _code.Move(to, (ulong)op.Displacement);
            return;
        }

        // lea to, [index * scale + disp32]
        _code.Rex(true, to, index, 0);
        _code.Byte(0x8D);
        _code.Byte(((to & 7) << 3) | 4);
        _code.Byte((op.Scale << 6) | ((index & 7) << 3) | 5);
        _code.Int32((int)op.Displacement);
    }

    // The host register that holds a guest register: its home, or another one into which it is loaded.
    private int Fetched(int guest, int scratch)
    {
        int home = Host.Home(guest);
        if (home < 0)
        {
            _code.Mem64(0x8B, scratch, Host.Rbp, Host.Place(guest));
            return scratch;
        }

        return home;
    }

    // A linear address of code: this page's, plus an offset. Leaves the flags alone.
    private void EmitCodeAddress(int to, long offset)
    {
        if (IsMovable)
        {
            _code.Mem64(0x8B, to, Host.Rbp, StatePlaces.CodePage);
            _code.Lea(to, to, (int)offset);
        }
        else
        {
            _code.Move(to, unchecked(_block.Linear + (ulong)offset));
        }
    }

    // From a linear address in RAX to [RCX + RAX] in the host. The guest's flags have been given up.
    private void EmitLookup(int size, bool write, bool aligned = false)
    {
        int repeat = _flags == FlagPlace.Repeatable ? _producer : -1;
        if (aligned)
        {
            _code.Byte(0xA8); // test al, size - 1
            _code.Byte(size - 1);
            AddCold(new ColdStub(ColdKind.Interpret, _code.JumpIf(5, 0), 0, _at, Repeat: repeat));
        }

        EmitAccessBegins(size, write);
        nint retry = _code.Here;
        int table = StatePlaces.Table(_mode.Access);
        Bextr(_code, Host.Rcx, Host.Rax);
        _code.Index64(0x33, Host.Rax, Host.Rbp, Host.Rcx, 3, table + (write ? TlbEntry.Write : 0));
        _code.Rex(true, 0, 0, Host.Rax);
        _code.Byte(0x3D); // cmp rax, 4096 - size
        _code.Int32(0x1000 - size);
        AddCold(new ColdStub(ColdKind.Access, _code.JumpIf(7, 0), retry, _at, size, write, repeat));
        _code.Index64(0x8B, Host.Rcx, Host.Rbp, Host.Rcx, 3, table + TlbEntry.Host);
        EmitAccessEnds();
    }

    // The address of the found operand into R14, where RAX and RCX are needed for something else.
    private void EmitPointer() => _code.Index64(0x8D, Host.R14, Host.Rcx, Host.Rax, 0, 0);
}
