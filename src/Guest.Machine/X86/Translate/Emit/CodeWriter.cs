using System.Runtime.CompilerServices;
using Guest.Machine.Native;

namespace Guest.Machine.X86.Translate.Emit;

/// <summary>Writes host instructions, byte for byte, into one region of code memory.</summary>
/// <remarks>Positions are addresses at which the code will run; the bytes are stored through the writable mapping, at a fixed distance.</remarks>
internal sealed class CodeWriter
{
    // jmp rel32; nop dword [rax + rax + 0].
    private const byte JumpOpcode = 0xE9, NopOpcode = 0x0F;
    private const uint NopOperands = 0x0000_441F;

    private readonly nint _distance;
    private readonly nint _start;
    private readonly nint _end;

    internal CodeWriter(nint start, nint end, nint distance)
    {
        (_start, _end, _distance) = (start, end, distance);
        Here = start;
    }

    /// <summary>Where the next byte will run.</summary>
    internal nint Here { get; private set; }

    /// <summary>Bytes that are still free.</summary>
    internal nint Room => _end - Here;

    /// <summary>Starts over.</summary>
    internal void Empty() => Here = _start;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Byte(int value)
    {
        Raw.Store(Here + _distance, (byte)value);
        Here++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Int32(int value)
    {
        Raw.Store(Here + _distance, value);
        Here += 4;
    }

    internal void Int64(long value)
    {
        Raw.Store(Here + _distance, value);
        Here += 8;
    }

    /// <summary>Appends up to eight bytes, lowest first.</summary>
    internal void Bytes(ulong value, int count)
    {
        Raw.Store(Here + _distance, value);
        Here += count;
    }

    /// <summary>Begins the next instruction on a boundary.</summary>
    internal void Align(int boundary)
    {
        while ((Here & (boundary - 1)) != 0)
        {
            Byte(0xCC);
        }
    }

    /// <summary>Writes the 32 bits at a position again.</summary>
    internal void Set(nint position, int value) => Raw.Store(position + _distance, value);

    /// <summary>Makes the 32-bit displacement at a position lead to a target.</summary>
    internal void Patch(nint position, nint target) => Raw.Store(position + _distance, (int)(target - (position + 4)));

    /// <summary>The same for a jump that may have been made a NOP, or be made one: what lies behind it needs no jump.</summary>
    internal void Lead(nint position, nint target)
    {
        nint opcode = position - 1 + _distance;
        if (Raw.Load<byte>(opcode) == JumpOpcode && target == position + 4)
        {
            Raw.Store(opcode, NopOpcode);
            Raw.Store(opcode + 1, NopOperands);
            return;
        }

        if (Raw.Load<byte>(opcode) == NopOpcode && Raw.Load<uint>(opcode + 1) == NopOperands)
        {
            Raw.Store(opcode, JumpOpcode);
        }

        Patch(position, target);
    }

    /// <summary>Makes the 8-bit displacement at a position lead to here.</summary>
    internal void PatchShort(nint position)
    {
        nint distance = Here - (position + 1);
        if (distance > sbyte.MaxValue)
        {
            throw new InvalidOperationException("a short jump over more than 127 bytes");
        }

        Raw.Store(position + _distance, (byte)distance);
    }

    /// <summary>An instruction with a one-byte opcode on two 64-bit registers: reg is the ModRM byte's register field, rm its operand.</summary>
    internal void Reg64(int opcode, int reg, int rm)
    {
        Rex(true, reg, 0, rm);
        Byte(opcode);
        Byte(0xC0 | ((reg & 7) << 3) | (rm & 7));
    }

    /// <summary>The same on 32-bit registers.</summary>
    internal void Reg32(int opcode, int reg, int rm)
    {
        RexIfNeeded(reg, rm);
        Byte(opcode);
        Byte(0xC0 | ((reg & 7) << 3) | (rm & 7));
    }

    /// <summary>The same on 8-bit registers, none of them AH to BH.</summary>
    internal void Reg8(int opcode, int reg, int rm)
    {
        Rex(false, reg, 0, rm);
        Byte(opcode);
        Byte(0xC0 | ((reg & 7) << 3) | (rm & 7));
    }

    /// <summary>An instruction with a one-byte opcode on a 64-bit register and [base + displacement].</summary>
    internal void Mem64(int opcode, int reg, int baseRegister, int displacement)
    {
        Rex(true, reg, 0, baseRegister);
        Byte(opcode);
        ModRm(reg, baseRegister, displacement);
    }

    /// <summary>Whether an address can be named by code that is written here.</summary>
    internal bool IsNear(nint address) => address - Here is > int.MinValue + 64 and < int.MaxValue - 64;

    /// <summary>An instruction with a one-byte opcode on a 64-bit register and an address that is near.</summary>
    internal void Near64(int opcode, int reg, nint address)
    {
        Rex(true, reg, 0, 0);
        Byte(opcode);
        Byte(((reg & 7) << 3) | 5);
        Int32((int)(address - (Here + sizeof(int))));
    }

    /// <summary>The same on a 32-bit register.</summary>
    internal void Mem32(int opcode, int reg, int baseRegister, int displacement)
    {
        RexIfNeeded(reg, baseRegister);
        Byte(opcode);
        ModRm(reg, baseRegister, displacement);
    }

    /// <summary>The same with [base + index * 2^scale + displacement].</summary>
    internal void Index64(int opcode, int reg, int baseRegister, int index, int scale, int displacement)
    {
        Rex(true, reg, index, baseRegister);
        Byte(opcode);
        Sib(reg, baseRegister, index, scale, displacement);
    }

    /// <summary>mov to, from (64 bits).</summary>
    internal void Move(int to, int from)
    {
        if (to != from)
        {
            Reg64(0x8B, to, from);
        }
    }

    /// <summary>mov to, value in the shortest form.</summary>
    internal void Move(int to, ulong value)
    {
        if (value <= uint.MaxValue)
        {
            RexIfNeeded(0, to);
            Byte(0xB8 | (to & 7));
            Int32((int)value);
        }
        else if ((ulong)(long)(int)value == value)
        {
            Rex(true, 0, 0, to);
            Byte(0xC7);
            Byte(0xC0 | (to & 7));
            Int32((int)value);
        }
        else
        {
            Rex(true, 0, 0, to);
            Byte(0xB8 | (to & 7));
            Int64((long)value);
        }
    }

    /// <summary>An 81 or 83 group instruction on a 64-bit register: add 0, or 1, and 4, sub 5, xor 6, cmp 7.</summary>
    internal void Immediate64(int operation, int register, int value)
    {
        Rex(true, 0, 0, register);
        bool small = value is >= sbyte.MinValue and <= sbyte.MaxValue;
        Byte(small ? 0x83 : 0x81);
        Byte(0xC0 | (operation << 3) | (register & 7));
        if (small)
        {
            Byte(value);
        }
        else
        {
            Int32(value);
        }
    }

    /// <summary>lea to, [base + displacement]: an addition that leaves the flags alone.</summary>
    internal void Lea(int to, int baseRegister, int displacement)
    {
        if (displacement == 0)
        {
            Move(to, baseRegister);
            return;
        }

        Mem64(0x8D, to, baseRegister, displacement);
    }

    /// <summary>mov dword [base + displacement], value.</summary>
    internal void StoreInt32(int baseRegister, int displacement, int value)
    {
        Mem32(0xC7, 0, baseRegister, displacement);
        Int32(value);
    }

    /// <summary>jmp rel32.</summary>
    /// <returns>Where its displacement stands.</returns>
    internal nint Jump(nint target)
    {
        Byte(0xE9);
        return Displacement(target);
    }

    /// <summary>call rel32.</summary>
    internal nint Call(nint target)
    {
        Byte(0xE8);
        return Displacement(target);
    }

    /// <summary>jcc rel32; the condition is the low four bits of the opcode.</summary>
    internal nint JumpIf(int condition, nint target)
    {
        Byte(0x0F);
        Byte(0x80 | condition);
        return Displacement(target);
    }

    /// <summary>jcc rel8 forward, to be patched.</summary>
    internal nint JumpShort(int condition)
    {
        Byte(0x70 | condition);
        Byte(0);
        return Here - 1;
    }

    /// <summary>A REX prefix with W, R, X and B.</summary>
    internal void Rex(bool wide, int reg, int index, int rm) =>
        Byte(0x40 | (wide ? 8 : 0) | ((reg & 8) >> 1) | ((index & 8) >> 2) | ((rm & 8) >> 3));

    /// <summary>ModRM (and SIB, displacement) of [base + displacement].</summary>
    internal void ModRm(int reg, int baseRegister, int displacement)
    {
        int low = baseRegister & 7;
        bool none = displacement == 0 && low != Host.Rbp;
        bool small = displacement is >= sbyte.MinValue and <= sbyte.MaxValue;
        Byte((none ? 0 : small ? 0x40 : 0x80) | ((reg & 7) << 3) | low);
        if (low == Host.Rsp)
        {
            Byte(0x24);
        }

        if (!none)
        {
            Displace(small, displacement);
        }
    }

    /// <summary>ModRM, SIB and displacement of [base + index * 2^scale + displacement].</summary>
    internal void Sib(int reg, int baseRegister, int index, int scale, int displacement)
    {
        bool none = displacement == 0 && (baseRegister & 7) != Host.Rbp;
        bool small = displacement is >= sbyte.MinValue and <= sbyte.MaxValue;
        Byte((none ? 0 : small ? 0x40 : 0x80) | ((reg & 7) << 3) | 4);
        Byte((scale << 6) | ((index & 7) << 3) | (baseRegister & 7));
        if (!none)
        {
            Displace(small, displacement);
        }
    }

    private void RexIfNeeded(int reg, int rm)
    {
        if (((reg | rm) & 8) != 0)
        {
            Rex(false, reg, 0, rm);
        }
    }

    private void Displace(bool small, int displacement)
    {
        if (small)
        {
            Byte(displacement);
        }
        else
        {
            Int32(displacement);
        }
    }

    private nint Displacement(nint target)
    {
        Int32((int)(target - (Here + 4)));
        return Here - 4;
    }
}
