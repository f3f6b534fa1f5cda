using Guest.Linux.Elf;
using Guest.Linux.Memory;
using Guest.Machine;

namespace Guest.Linux.Unwinding;

/// <summary>The rules by which a frame's caller is found at one instruction: executes the instructions of an entry up to there (DWARF 4, 6.4.2 and 6.4.3).</summary>
internal sealed class FrameRules
{
    private const int MostRemembered = 32;
    private readonly FrameRule[] _rules = new FrameRule[FrameRegisters.Count];
    private readonly Stack<(FrameRule[] Rules, FrameRule Base, int BaseRegister)> _remembered = new();
    private readonly CallFrameEntry _entry;
    private FrameRule[] _initial = [];
    private FrameRule _base;
    private int _baseRegister = -1;

    private FrameRules(CallFrameEntry entry) => _entry = entry;

    /// <summary>The rules in force at an address; null where the entry holds what is not understood.</summary>
    internal static FrameRules? At(CallFrameEntry entry, ulong address)
    {
        FrameRules rules = new(entry);
        if (!rules.TryExecute(entry.Common, ulong.MaxValue, 0))
        {
            return null;
        }

        rules._initial = [.. rules._rules];
        return rules.TryExecute(entry.Changes, address, entry.Start) ? rules : null;
    }

    /// <summary>The registers of the caller; null where the base of the frame, or memory that holds them, is not to be had. RIP is not known in the outermost frame.</summary>
    internal FrameRegisters? CallerOf(FrameRegisters registers, IVirtualMemory memory)
    {
        ulong? frame = _base.Kind == FrameRuleKind.IsExpression
            ? FrameExpression.Evaluate(_base.Expression.Span, registers, memory, null)
            : unchecked(registers[_baseRegister] + (ulong)_base.Value);
        if (frame is not { } at)
        {
            return null;
        }

        FrameRegisters caller = registers.Copy();
        caller[FrameRegisters.Rsp] = at;
        caller[FrameRegisters.Rip] = null;
        for (int register = 0; register < _rules.Length; register++)
        {
            FrameRule rule = _rules[register];
            if (rule.Kind == FrameRuleKind.Same)
            {
                continue;
            }

            ulong? value = ValueOf(rule, registers, memory, at);
            if (value is null && rule.Kind is not (FrameRuleKind.Undefined or FrameRuleKind.InRegister))
            {
                return null;
            }

            caller[register] = value;
        }

        return caller;
    }

    private static ulong? ValueOf(in FrameRule rule, FrameRegisters registers, IVirtualMemory memory, ulong frame)
    {
        ulong? value = rule.Kind switch
        {
            FrameRuleKind.AtOffset or FrameRuleKind.IsOffset => unchecked(frame + (ulong)rule.Value),
            FrameRuleKind.InRegister => registers[(int)rule.Value],
            FrameRuleKind.AtExpression or FrameRuleKind.IsExpression => FrameExpression.Evaluate(rule.Expression.Span, registers, memory, frame),
            _ => null,
        };
        return rule.Kind is not (FrameRuleKind.AtOffset or FrameRuleKind.AtExpression) ? value
            : value is { } place && memory.TryRead(new GuestVirtual(place), out ulong word) ? word : null;
    }

    private bool TryExecute(byte[] instructions, ulong address, ulong location)
    {
        DwarfCursor cursor = new(instructions);
        while (!cursor.AtEnd)
        {
            byte code = cursor.U8();
            byte low = (byte)(code & 0x3F);
            ulong? advance = code switch
            {
                >= 0x40 and < 0x80 => low,
                2 => cursor.U8(),
                3 => cursor.U16(),
                4 => cursor.U32(),
                _ => null,
            };
            if (advance is { } units)
            {
                location = unchecked(location + (units * _entry.CodeUnit));
                if (location > address)
                {
                    return !cursor.IsOver;
                }
            }
            else if (!(code >= 0x80 ? TryPacked(code, low, ref cursor) : TryBase(code, ref cursor, instructions) || TryRule(code, ref cursor, instructions)))
            {
                return false;
            }
        }

        return !cursor.IsOver;
    }

    private bool TryPacked(byte code, byte register, ref DwarfCursor cursor) => code < 0xC0
        ? TrySet(register, new FrameRule(FrameRuleKind.AtOffset, unchecked((long)cursor.Uleb() * _entry.DataUnit), default))
        : TryRestore(register);

    // What defines the frame's base, and states that are kept.
    private bool TryBase(byte code, ref DwarfCursor cursor, byte[] bytes)
    {
        switch (code)
        {
            case 0x00: // DW_CFA_nop
                return true;
            case 0x0C: // DW_CFA_def_cfa
                _baseRegister = (int)Math.Min(cursor.Uleb(), FrameRegisters.Count);
                _base = new FrameRule(FrameRuleKind.RegisterAndOffset, (long)cursor.Uleb(), default);
                return true;
            case 0x12: // DW_CFA_def_cfa_sf
                _baseRegister = (int)Math.Min(cursor.Uleb(), FrameRegisters.Count);
                _base = new FrameRule(FrameRuleKind.RegisterAndOffset, unchecked(cursor.Sleb() * _entry.DataUnit), default);
                return true;
            case 0x0D: // DW_CFA_def_cfa_register
                _baseRegister = (int)Math.Min(cursor.Uleb(), FrameRegisters.Count);
                return _base.Kind == FrameRuleKind.RegisterAndOffset;
            case 0x0E: // DW_CFA_def_cfa_offset
                _base = _base with { Value = (long)cursor.Uleb() };
                return _base.Kind == FrameRuleKind.RegisterAndOffset;
            case 0x13: // DW_CFA_def_cfa_offset_sf
                _base = _base with { Value = unchecked(cursor.Sleb() * _entry.DataUnit) };
                return _base.Kind == FrameRuleKind.RegisterAndOffset;
            case 0x0F: // DW_CFA_def_cfa_expression
                _base = new FrameRule(FrameRuleKind.IsExpression, 0, Block(ref cursor, bytes));
                return true;
            case 0x2E: // DW_CFA_GNU_args_size
                _ = cursor.Uleb();
                return true;
            case 0x0A: // DW_CFA_remember_state
                _remembered.Push(([.. _rules], _base, _baseRegister));
                return _remembered.Count <= MostRemembered;
            case 0x0B: // DW_CFA_restore_state
                return TryForget();
            default:
                return false;
        }
    }

    private bool TryForget()
    {
        if (!_remembered.TryPop(out (FrameRule[] Rules, FrameRule Base, int BaseRegister) before))
        {
            return false;
        }

        before.Rules.CopyTo(_rules, 0);
        (_base, _baseRegister) = (before.Base, before.BaseRegister);
        return true;
    }

    private bool TryRule(byte code, ref DwarfCursor cursor, byte[] bytes)
    {
        if (code is not ((>= 0x05 and <= 0x09) or 0x10 or 0x11 or 0x14 or 0x15 or 0x16 or 0x2F))
        {
            return false;
        }

        int register = (int)Math.Min(cursor.Uleb(), int.MaxValue);
        FrameRule rule = unchecked(code switch
        {
            0x05 => new FrameRule(FrameRuleKind.AtOffset, (long)cursor.Uleb() * _entry.DataUnit, default), // DW_CFA_offset_extended
            0x11 => new FrameRule(FrameRuleKind.AtOffset, cursor.Sleb() * _entry.DataUnit, default), // DW_CFA_offset_extended_sf
            0x2F => new FrameRule(FrameRuleKind.AtOffset, -(long)cursor.Uleb() * _entry.DataUnit, default), // DW_CFA_GNU_negative_offset_extended
            0x14 => new FrameRule(FrameRuleKind.IsOffset, (long)cursor.Uleb() * _entry.DataUnit, default), // DW_CFA_val_offset
            0x15 => new FrameRule(FrameRuleKind.IsOffset, cursor.Sleb() * _entry.DataUnit, default), // DW_CFA_val_offset_sf
            0x07 => new FrameRule(FrameRuleKind.Undefined, 0, default), // DW_CFA_undefined
            0x08 or 0x06 => default, // DW_CFA_same_value, DW_CFA_restore_extended
            0x09 => new FrameRule(FrameRuleKind.InRegister, (long)Math.Min(cursor.Uleb(), FrameRegisters.Count), default), // DW_CFA_register
            0x10 => new FrameRule(FrameRuleKind.AtExpression, 0, Block(ref cursor, bytes)), // DW_CFA_expression
            _ => new FrameRule(FrameRuleKind.IsExpression, 0, Block(ref cursor, bytes)), // DW_CFA_val_expression
        });
        return code == 0x06 ? TryRestore(register) : TrySet(register, rule);
    }

    // Vector registers and others that no caller is found by have rules too.
    private bool TrySet(int register, in FrameRule rule)
    {
        if (register < _rules.Length)
        {
            _rules[register] = rule;
        }

        return true;
    }

    private bool TryRestore(int register) => TrySet(register, register < _initial.Length ? _initial[register] : default);

    private static ReadOnlyMemory<byte> Block(ref DwarfCursor cursor, byte[] bytes)
    {
        ulong length = cursor.Uleb();
        int start = cursor.At;
        cursor.Skip(length);
        return cursor.IsOver ? default : bytes.AsMemory(start, (int)length);
    }
}
