using Guest.Machine.X86.Translate.Analyse;
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
        int index = op.Index < 0 ? -1 : Fetched(op.Index, Host.Rcx);
        if (op.FromRip)
        {
            EmitCodeAddress(to, op.Displacement);
        }
        else if (op.Base < 0)
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
        int home = Home(guest);
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

    // The host's flags are about to be overwritten by a search for an instruction's access, if there is one.
    private void GiveUpFlagsToSearch()
    {
        if (!_groups.IsFound(_at))
        {
            GiveUpFlags();
        }
    }

    // The memory operand, with RCX, or RAX and RCX, holding its address. Where a search is made, the guest's flags have been given up.
    private Operand EmitFind(ref GuestInstruction op, int size, bool write, bool aligned = false)
    {
        bool inGroup = IsInGroup(ref op, out AccessGroup group);
        if (inGroup && _groups.IsFound(_at))
        {
            NoteFound(group, size, write);
            return Found(group, Host.Rcx);
        }

        if (!inGroup)
        {
            EmitAddress(ref op);
            EmitLookup(size, write, aligned);
            return Operand.Found;
        }

        op.Displacement -= group.Skip;
        EmitAddress(ref op);
        op.Displacement += group.Skip;
        return EmitLead(group, size, write);
    }

    // The same with R14 alone holding it.
    private Operand EmitFindBeside(ref GuestInstruction op, int size, bool write)
    {
        if (IsInGroup(ref op, out AccessGroup group) && _groups.IsFound(_at))
        {
            NoteFound(group, size, write);
            return Found(group, Host.R14);
        }

        return Beside(EmitFind(ref op, size, write));
    }

    // The address of a found operand into R14, where RAX and RCX are needed for something else.
    private Operand Beside(Operand found)
    {
        if (found.Index >= 0)
        {
            EmitPointer();
            return Operand.At(Host.R14);
        }

        _code.Move(Host.R14, found.Register);
        return Operand.At(Host.R14, found.Displacement);
    }

    // What an instruction accesses at a register's address plus a displacement, as in EmitFind.
    private Operand EmitFindAt(int register, int displacement, int size, bool write)
    {
        if (!_groups.TryGet(_at, out AccessGroup group))
        {
            _code.Lea(Host.Rax, register, displacement);
            EmitLookup(size, write);
            return Operand.Found;
        }

        if (_groups.IsFound(_at))
        {
            NoteFound(group, size, write);
            return Found(group, Host.Rcx);
        }

        _code.Lea(Host.Rax, register, displacement - group.Skip);
        return EmitLead(group, size, write);
    }

    // Of instructions with two accesses the stack's may be in a group.
    private bool IsInGroup(ref GuestInstruction op, out AccessGroup group)
    {
        group = default;
        return op.Kind is not (EmitKind.PushMemory or EmitKind.CallIndirect) && _groups.TryGet(_at, out group);
    }

    private Operand Found(AccessGroup group, int register)
    {
        if (register != Host.Rcx || group.Slot != _slotInRcx)
        {
            SettleSlot();
            _code.Mem64(0x8B, register, Host.Rbp, StatePlaces.Groups + (8 * group.Slot));
            _slotInRcx = register == Host.Rcx ? group.Slot : _slotInRcx;
        }

        return Operand.At(register, _groups.PlaceOf(_at));
    }

    // Whether RCX is still what an instruction's operand left in it, or what it was before: only then the next access of a group need not load it again.
    private bool KeepsRcx(ref GuestInstruction op)
    {
        CodeForm form = op.Form;
        return op.Kind switch
        {
            EmitKind.Nothing or EmitKind.Push or EmitKind.PushImmediate or EmitKind.Accumulator or EmitKind.WidenAccumulator or EmitKind.WidenToDx or EmitKind.JumpIf => true,
            EmitKind.Pop => IsDirectPop(ref op),
            EmitKind.Lea => form.Bits != 16 && (op.Index < 0 || IsAtHand(op.Index)),
            EmitKind.MoveImmediate => form.Bits >= 32 && IsAtHand(op.Rm),
            EmitKind.Plain or EmitKind.Vector when op.HasMemory => _groups.IsFound(_at) || !(NeedsFlags(ref op) || (form.Vvvv == OperandRole.General && Host.Home(op.Vvvv) < 0)),
            EmitKind.Plain or EmitKind.Vector => form.Reg != OperandRole.General || (!op.RegIsHigh && IsAtHand(op.Reg)),
            _ => false,
        };
    }

    // Searches for a whole group, whose first byte's linear address is in RAX, and keeps where it is.
    private Operand EmitLead(AccessGroup group, int size, bool write)
    {
        EmitSearch(group.Span, group.Writes, group: group);
        NoteSearched(size, write, group.Skip);
        _code.Index64(0x8D, Host.Rcx, Host.Rcx, Host.Rax, 0, 0);
        (_slotInRcx, _slotIsOwed, _slotNeeded) = (group.Slot, true, _groups.LastOf(_at));
        if (!_keepsRcx)
        {
            SettleSlot();
        }

        return Operand.At(Host.Rcx, group.Skip);
    }

    // From a linear address in RAX to [RCX + RAX] in the host. The guest's flags have been given up.
    private void EmitLookup(int size, bool write, bool aligned = false)
    {
        EmitSearch(size, write, aligned);
        NoteSearched(size, write, 0);
    }

    // Where more is searched for than the instruction may access, the interpreter takes what is not found: it need not fault.
    private void EmitSearch(int size, bool write, bool aligned = false, AccessGroup group = default, bool mayFault = true)
    {
        _slotInRcx = -1;
        if (aligned)
        {
            _code.Byte(0xA8); // test al, size - 1
            _code.Byte(size - 1);
            AddCold(new ColdStub(ColdKind.Interpret, _code.JumpIf(5, 0), 0, _at, Repeat: Repeat));
        }

        EmitAccessBegins(group);
        nint retry = _code.Here;
        int table = StatePlaces.Table(_mode.Access);
        Bextr(_code, Host.Rcx, Host.Rax);
        _code.Index64(0x33, Host.Rax, Host.Rbp, Host.Rcx, 3, table + (write ? TlbEntry.Write : 0));
        _code.Rex(true, 0, 0, Host.Rax);
        _code.Byte(0x3D); // cmp rax, 4096 - size
        _code.Int32(0x1000 - size);
        nint miss = _code.JumpIf(7, 0);
        _code.Index64(0x8B, Host.Rcx, Host.Rbp, Host.Rcx, 3, table + TlbEntry.Host);
        AddCold(new ColdStub(mayFault ? ColdKind.Access : ColdKind.Interpret, miss, retry, _at, size, write, Repeat, Group: group, Found: _code.Here));
        EmitAccessEnds();
    }

    private void EmitPointer() => _code.Index64(0x8D, Host.R14, Host.Rcx, Host.Rax, 0, 0);
}
