using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Decode;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>
/// What stands elsewhere than where exits look for it, until an instruction may leave (<see cref="Settle"/>): R14 as a copy of one of the guest's registers
/// that live in memory; how far pushes and pops have moved RSP; the place that a group has found.
/// </content>
internal sealed partial class BlockEmitter
{
    private const int None = -1;
    private readonly int[] _touched;

    // The register that R14 is to hold, whether it does, and whether the instruction at hand leaves it there.
    private int _kept;
    private bool _keptIsLoaded;
    private bool _keptIsNewer;
    private bool _keeps;
    private bool _hasTouched;

    // What is to be added to RSP.
    private int _stackMoved;

    // Whether the place in RCX is not in its group's slot yet, and the last instruction that needs it.
    private bool _slotIsOwed;
    private int _slotNeeded;

    // Before an instruction: what it may leave with, or uses itself, is put where it belongs.
    private void Settle(ref GuestInstruction op)
    {
        bool quiet = IsQuiet(_at);
        if (!quiet)
        {
            SettleKept();
        }

        if (!quiet || UsesStackPointer(ref op))
        {
            SettleStack();
        }

        if (!(quiet && _keepsRcx))
        {
            SettleSlot();
        }
    }

    private void SettleAll()
    {
        SettleKept();
        SettleStack();
    }

    private void SettleKept()
    {
        if (_keptIsNewer)
        {
            _code.Mem64(0x89, Host.R14, Host.Rbp, Host.Place(_kept));
            _keptIsNewer = false;
        }
    }

    private void SettleStack()
    {
        if (_stackMoved != 0)
        {
            _code.Lea(Host.GuestRsp, Host.GuestRsp, _stackMoved);
            _stackMoved = 0;
        }
    }

    private void SettleSlot()
    {
        if (_slotIsOwed && _at <= _slotNeeded)
        {
            _code.Mem64(0x89, Host.Rcx, Host.Rbp, StatePlaces.Groups + (8 * _slotInRcx));
        }

        _slotIsOwed = false;
    }

    // Whether an instruction that leaves nothing uses RSP other than by pushing or popping something else.
    private bool UsesStackPointer(ref GuestInstruction op) => op.Kind switch
    {
        EmitKind.PushImmediate => false,
        EmitKind.Push or EmitKind.Pop => op.Rm == 4,
        _ => ((RegisterUse.Written(ref op) | RegisterUse.Touched(ref op, withAddress: !_groups.IsFound(_at))) & (1 << 4)) != 0,
    };

    private void FindTouched()
    {
        (_kept, _keptIsLoaded, _keptIsNewer, _keeps, _hasTouched) = (None, false, false, false, false);
        (_stackMoved, _slotIsOwed) = (0, false);
        int before = 0;
        for (int i = 0; i < _count; i++)
        {
            int touched = RegisterUse.Touched(ref _ops[i]) & Host.InMemory;
            _hasTouched |= (before & touched) != 0;
            before |= touched;
            _touched[i] = touched;
        }
    }

    // Decides what R14 holds for an instruction, and loads what the instruction reads of it.
    private void PlaceKept(ref GuestInstruction op)
    {
        if (!_hasTouched)
        {
            return;
        }

        _keeps = KeepsR14(ref op, out int needed);
        if (!_keeps)
        {
            SettleKept();
            _keptIsLoaded = false;
            return;
        }

        int touched = _touched[_at];
        if (needed != None)
        {
            Keep(needed);
        }
        else if (touched != 0 && !(_keptIsLoaded && (touched >> _kept & 1) != 0))
        {
            KeepNearest(touched);
        }

        if (_kept != None && !_keptIsLoaded && (touched >> _kept & 1) != 0 && !Replaces(ref op, _kept))
        {
            _code.Mem64(0x8B, Host.R14, Host.Rbp, Host.Place(_kept));
            _keptIsLoaded = true;
        }
    }

    private void Keep(int guest)
    {
        if (guest != _kept)
        {
            SettleKept();
            (_kept, _keptIsLoaded) = (guest, false);
        }
    }

    // Of what an instruction touches and what is held, what is touched again first.
    private void KeepNearest(int touched)
    {
        int all = touched | (_keptIsLoaded ? 1 << _kept : 0);
        for (int i = _at + 1; i < _count; i++)
        {
            int next = _touched[i] & all;
            if (next != 0)
            {
                Keep(_keptIsLoaded && (next >> _kept & 1) != 0 ? _kept : System.Numerics.BitOperations.TrailingZeroCount(next));
                return;
            }
        }
    }

    // The host register of a guest register at the instruction at hand, or -1 where it is in memory alone.
    private int Home(int guest) => guest == _kept && _keptIsLoaded ? Host.R14 : Host.Home(guest);

    // Whether an instruction can use a register without a scratch register.
    private bool IsAtHand(int guest) => Host.Home(guest) >= 0 || (_keeps && guest == _kept);

    // The host register into which an instruction puts all of a guest register.
    private int Target(int guest, int scratch) => Host.Home(guest) is >= 0 and var home ? home : IsAtHand(guest) ? Host.R14 : scratch;

    // Whether an instruction leaves R14 alone, but for a register in memory that it needs there.
    private bool KeepsR14(ref GuestInstruction op, out int needed)
    {
        needed = None;
        switch (op.Kind)
        {
            case EmitKind.Nothing or EmitKind.Lea or EmitKind.MoveImmediate or EmitKind.Accumulator or EmitKind.WidenAccumulator or EmitKind.WidenToDx or EmitKind.JumpIf
                or EmitKind.ByteSwap or EmitKind.PushImmediate or EmitKind.Pop or EmitKind.Leave:
                return true;
            case EmitKind.Push:
                needed = _groups.TryGet(_at, out _) ? None : InMemory(op.Rm);
                return true;
            case EmitKind.ShiftImmediate or EmitKind.ShiftByCl when !op.HasMemory:
                needed = InMemory(op.Rm);
                return true;
            case EmitKind.Plain or EmitKind.Vector or EmitKind.Bits or EmitKind.ZeroCount or EmitKind.Multiply when !op.HasMemory:
                needed = op.Form.Vvvv == OperandRole.General ? InMemory(op.Vvvv) : None;
                return true;
            case EmitKind.Plain or EmitKind.Vector or EmitKind.Bits or EmitKind.ZeroCount or EmitKind.Multiply:
                bool inGroup = _groups.TryGet(_at, out _);
                needed = op.Form.Reg == OperandRole.General && !inGroup ? InMemory(op.Reg) : None;
                return !(op.Form.Vvvv == OperandRole.General && Host.Home(op.Vvvv) < 0) && (_groups.IsFound(_at) || !NeedsFlags(ref op)) && (inGroup || !op.RegIsHigh);
            default:
                return false;
        }
    }

    private static int InMemory(int guest) => Host.Home(guest) < 0 ? guest : None;

    // Whether an instruction writes all of a register without reading it.
    private static bool Replaces(ref GuestInstruction op, int guest) => op.Kind switch
    {
        EmitKind.MoveImmediate => op.Form.Bits >= 32,
        EmitKind.Pop => true,
        EmitKind.Lea => op.Form.Bits != 16 && op.Base != guest && op.Index != guest,
        EmitKind.Plain or EmitKind.Vector or EmitKind.Bits or EmitKind.ZeroCount or EmitKind.Multiply =>
            ((op.Form.ReplacesReg && op.Form.Reg == OperandRole.General && op.Reg == guest) || (op.Form.ReplacesRm && op.Form.Rm == OperandRole.General && !op.HasMemory && op.Rm == guest))
            && !Reads(ref op, guest),
        _ => false,
    };

    private static bool Reads(ref GuestInstruction op, int guest) =>
        (op.HasMemory && (op.Base == guest || op.Index == guest))
        || (op.Form.Reg == OperandRole.General && op.Reg == guest && !op.Form.ReplacesReg)
        || (op.Form.Rm == OperandRole.General && !op.HasMemory && op.Rm == guest && !op.Form.ReplacesRm)
        || (op.Form.Vvvv == OperandRole.General && op.Vvvv == guest);
}
