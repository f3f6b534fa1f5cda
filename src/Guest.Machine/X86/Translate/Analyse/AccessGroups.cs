using Guest.Machine.X86.Translate.Decode;
using Guest.Machine.X86.Translate.Emit;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Analyse;

/// <summary>Finds the groups of a block's accesses (<see cref="AccessGroup"/>): those whose addresses differ by constants.</summary>
/// <remarks>
/// Each register is known as an origin, a value that nobody knows, plus an offset. PUSH, POP, additions of constants, LEA and copies keep the origin;
/// whatever else writes a register gives it a new one. Accesses of one origin whose bytes lie within <see cref="MostBytes"/> make a group.
/// </remarks>
internal sealed class AccessGroups
{
    /// <summary>Groups that may be open at the same time.</summary>
    internal const int Slots = 4;

    // The farther apart, the more often a page ends between them.
    private const int MostBytes = 512;
    private const int Registers = 16;
    private const int CodePage = Registers;
    private const int NoRegister = CodePage + 1;
    private readonly Access[] _accesses;
    private readonly int[] _groupOf;
    private readonly int[] _jumpsBefore;
    private readonly AccessGroup[] _groups;
    private readonly Place[] _places = new Place[Registers];
    private readonly int[] _slotEnds = new int[Slots];
    private int _origins;
    private int _bases;
    private int _count;

    /// <param name="most">Instructions of the longest block.</param>
    internal AccessGroups(int most) =>
        (_accesses, _groupOf, _jumpsBefore, _groups) = (new Access[most], new int[most], new int[most], new AccessGroup[most]);

    /// <summary>Looks at a block.</summary>
    internal void Find(GuestInstruction[] ops, int count)
    {
        Clear(count);
        int jumps = 0;
        for (int i = 0; i < count; i++)
        {
            _jumpsBefore[i] = jumps;
            jumps += ops[i].Kind == EmitKind.JumpIf ? 1 : 0;
            _accesses[i] = AccessOf(ref ops[i]);
            Follow(ref ops[i]);
        }

        int groups = 0;
        for (int i = 0; i < count; i++)
        {
            if (_accesses[i].Size != 0 && _groupOf[i] < 0 && TryGroup(i, count, groups))
            {
                groups++;
            }
        }
    }

    /// <summary>Finds none in a block.</summary>
    internal void Clear(int count)
    {
        _count = count;
        _groupOf.AsSpan(0, count).Fill(-1);
        _slotEnds.AsSpan().Fill(-1);
        for (int i = 0; i < Registers; i++)
        {
            _places[i] = new Place(i, 0);
        }

        (_origins, _bases) = (NoRegister, 0);
    }

    /// <summary>Whether an instruction's access belongs to a group.</summary>
    internal bool TryGet(int index, out AccessGroup group)
    {
        int number = _groupOf[index];
        group = number < 0 ? default : _groups[number];
        return number >= 0;
    }

    /// <summary>Whether an instruction's access has been searched for by an earlier one.</summary>
    internal bool IsFound(int index) => index < _count && _groupOf[index] >= 0 && _groups[_groupOf[index]].Leader != index;

    /// <summary>How far into its group's bytes an instruction's access begins.</summary>
    internal int PlaceOf(int index)
    {
        AccessGroup group = _groups[_groupOf[index]];
        return (int)(_accesses[index].At.Offset - _accesses[group.Leader].At.Offset) + group.Skip;
    }

    /// <summary>The last instruction of an instruction's group.</summary>
    internal int LastOf(int index) => Array.LastIndexOf(_groupOf, _groupOf[index], _count - 1, _count - index);

    /// <summary>Whether a later instruction counts on what one before this has found.</summary>
    internal bool IsOpenAt(int index)
    {
        for (int i = index + 1; i < _count; i++)
        {
            if (_groupOf[i] >= 0 && _groups[_groupOf[i]].Leader < index)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryGroup(int leader, int count, int number)
    {
        ref Access first = ref _accesses[leader];
        (long low, long high, int last, bool writes) = (first.At.Offset, first.At.Offset + first.Size, leader, first.Writes);
        int slot = 0;
        while (slot < Slots && _slotEnds[slot] >= leader)
        {
            slot++;
        }

        if (slot == Slots)
        {
            return false;
        }

        for (int i = leader + 1; i < count; i++)
        {
            ref Access access = ref _accesses[i];
            if (access.Size == 0 || _groupOf[i] >= 0 || access.At.Origin != first.At.Origin || access.Base != first.Base)
            {
                continue;
            }

            // The right to write is not asked for where a jump may lead past the write.
            if (access.Writes && !writes && _jumpsBefore[i] != _jumpsBefore[leader])
            {
                continue;
            }

            long lower = Math.Min(low, access.At.Offset);
            long higher = Math.Max(high, access.At.Offset + access.Size);
            if (higher - lower <= MostBytes)
            {
                (low, high, last, writes) = (lower, higher, i, writes || access.Writes);
                _groupOf[i] = number;
            }
        }

        if (last == leader)
        {
            return false;
        }

        _groupOf[leader] = number;
        _slotEnds[slot] = last;
        _groups[number] = new AccessGroup(leader, (int)(high - low), (int)(first.At.Offset - low), writes, first.Writes, slot);
        return true;
    }

    // The one access of an instruction that can be found in advance; none where its place is not known so.
    private Access AccessOf(ref GuestInstruction op)
    {
        Place stack = _places[4];
        switch (op.Kind)
        {
            case EmitKind.Push or EmitKind.PushImmediate or EmitKind.PushFlags or EmitKind.Call or EmitKind.CallIndirect:
                return new Access(stack.Plus(-8), 0, 8, true);
            case EmitKind.Pop or EmitKind.Return:
                return new Access(stack, 0, 8, false);
            case EmitKind.Leave:
                return new Access(_places[5], 0, 8, false);
            case EmitKind.Plain or EmitKind.Vector or EmitKind.Bits or EmitKind.ShiftImmediate or EmitKind.ShiftByCl or EmitKind.Multiply or EmitKind.MultiplyWide
                or EmitKind.Divide or EmitKind.SignedDivide or EmitKind.BitScan or EmitKind.ZeroCount or EmitKind.CompareExchange or EmitKind.JumpIndirect or EmitKind.X87
                when op.HasMemory && op.Index < 0 && !op.Cut && !op.Form.IsAligned && op.MemorySize is > 0 and <= 64
                && op.Displacement >= int.MinValue + MostBytes && op.Decoded.Code != Code.Fldcw_m2byte:
                return new Access(PlaceOf(ref op), BaseOf(op.Segment), op.MemorySize, Writes(ref op));
            default:
                return default;
        }
    }

    private static bool Writes(ref GuestInstruction op) => op.Kind switch
    {
        EmitKind.ShiftImmediate or EmitKind.ShiftByCl or EmitKind.CompareExchange => true,
        EmitKind.X87 => X87Forms.Stores(op.Decoded.Mnemonic),
        EmitKind.Plain or EmitKind.Vector or EmitKind.Bits => op.Form.WritesRm,
        _ => false,
    };

    private Place PlaceOf(ref GuestInstruction op) => op.FromRip
        ? new Place(CodePage, op.Displacement)
        : op.Base < 0 ? new Place(NoRegister, op.Displacement) : _places[op.Base].Plus(op.Displacement);

    // Which segment base is added; SWAPGS and WRFSBASE make it another one.
    private int BaseOf(SegmentName segment) => segment switch
    {
        SegmentName.Fs => -1 - _bases,
        SegmentName.Gs => 1 + _bases,
        _ => 0,
    };

    // What the registers hold after an instruction.
    private void Follow(ref GuestInstruction op)
    {
        switch (op.Kind)
        {
            case EmitKind.Push or EmitKind.PushImmediate or EmitKind.PushMemory or EmitKind.PushFlags or EmitKind.Call or EmitKind.CallIndirect:
                _places[4] = _places[4].Plus(-8);
                return;
            case EmitKind.Pop:
                _places[4] = _places[4].Plus(8);
                _places[op.Rm] = New();
                return;
            case EmitKind.Leave:
                (_places[4], _places[5]) = (_places[5].Plus(8), New());
                return;
            case EmitKind.SwapGs or EmitKind.WriteBase:
                _bases++;
                return;
            case EmitKind.Lea when op.Form.Bits == 64 && op.Index < 0 && !op.Cut:
                _places[op.Reg] = PlaceOf(ref op);
                return;
            case EmitKind.Plain or EmitKind.Accumulator when op.Form.Bits == 64 && !op.HasMemory && TryFollow(ref op):
                return;
            default:
                break;
        }

        int written = RegisterUse.Written(ref op);
        for (int i = 0; i < Registers; i++)
        {
            if ((written & (1 << i)) != 0)
            {
                _places[i] = New();
            }
        }
    }

    // Copies, and additions of constants, of whole registers.
    private bool TryFollow(ref GuestInstruction op)
    {
        ref Place to = ref _places[op.Kind == EmitKind.Accumulator ? 0 : op.Rm];
        switch (op.Decoded.Mnemonic)
        {
            case Mnemonic.Mov when op.Opcode is 0x89 or 0x8B:
                (int target, int source) = op.Opcode == 0x89 ? (op.Rm, op.Reg) : (op.Reg, op.Rm);
                _places[target] = _places[source];
                return true;
            case Mnemonic.Add or Mnemonic.Sub when op.ImmediateLength != 0:
                long constant = op.ImmediateLength == 1 ? (sbyte)op.ImmediateBytes : (int)op.ImmediateBytes;
                to = to.Plus(op.Decoded.Mnemonic == Mnemonic.Add ? constant : -constant);
                return true;
            case Mnemonic.Inc or Mnemonic.Dec:
                to = to.Plus(op.Decoded.Mnemonic == Mnemonic.Inc ? 1 : -1);
                return true;
            default:
                return false;
        }
    }

    private Place New() => new(++_origins, 0);

    private readonly record struct Place(int Origin, long Offset)
    {
        internal Place Plus(long bytes) => new(Origin, unchecked(Offset + bytes));
    }

    private readonly record struct Access(Place At, int Base, int Size, bool Writes);
}
