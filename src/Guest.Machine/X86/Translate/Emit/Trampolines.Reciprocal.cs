using Guest.Machine.X86.Semantics;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>1 / x and 1 / sqrt(x) as docs/defined-results.md has them (<see cref="SimdApproximations"/>): no processor's own are the same as another's.</content>
internal sealed partial class Trampolines
{
    private const int Infinity = 0x7F80_0000;
    private const int LeastNormal = 0x0080_0000;
    private const int QuietBit = 0x0040_0000;
    private const uint Indefinite = 0xFFC0_0000;
    private const uint Sign = 0x8000_0000;
    private const ulong One = 0x3FF0_0000_0000_0000;

    // Bits of a double's significand that are rounded away, and of a single's that stay zero.
    private const int RoundedBits = 52 - 12;
    private const int EmptyBits = 23 - 12;

    // The difference of the exponents' biases, above twelve bits of significand.
    private const int Rebias = (1023 - 127) << 12;

    // EAX is the source and becomes the result; RCX and the flags are overwritten. The guest's vector registers and MXCSR are loaded, and stay.
    private nint EmitReciprocal(bool root)
    {
        nint start = Begin();
        _code.Reg32(0x8B, Host.Rcx, Host.Rax);
        Immediate(4, Host.Rcx, int.MaxValue); // and ecx: the magnitude
        Immediate(7, Host.Rcx, Infinity);
        nint number = _code.JumpIf(6, 0); // jbe
        Immediate(1, Host.Rax, QuietBit);
        _code.Byte(0xC3);
        _code.Patch(number, _code.Here);
        Immediate(7, Host.Rcx, LeastNormal);
        nint normal = _code.JumpIf(3, 0); // jae
        Immediate(4, Host.Rax, unchecked((int)Sign));
        Immediate(1, Host.Rax, Infinity);
        _code.Byte(0xC3);
        _code.Patch(normal, _code.Here);
        if (root)
        {
            _code.Reg32(0x3B, Host.Rcx, Host.Rax);
            nint positive = _code.JumpIf(4, 0);
            _code.Move(Host.Rax, Indefinite);
            _code.Byte(0xC3);
            _code.Patch(positive, _code.Here);
        }

        Immediate(4, Host.Rax, unchecked((int)Sign));
        Immediate(7, Host.Rcx, Infinity);
        nint finite = _code.JumpIf(5, 0);
        _code.Byte(0xC3);
        _code.Patch(finite, _code.Here);
        EmitQuotient(root);
        EmitRounded();
        _code.Reg32(0x0B, Host.Rax, Host.Rcx);
        _code.Byte(0xC3);
        return start;
    }

    // RCX, a single's bits, becomes the bits of the double 1 / x or 1 / sqrt(x).
    private void EmitQuotient(bool root)
    {
        SaveVector(0x11, 0);
        SaveVector(0x11, 1);
        StatusWord(3, StatePlaces.Mxcsr);
        StatusWord(2, StatePlaces.HostMxcsr);
        _code.Bytes(0xC1_6E_0F_66, 4); // movd xmm0, ecx
        _code.Bytes(0xC0_5A_0F_F3, 4); // cvtss2sd xmm0, xmm0
        if (root)
        {
            _code.Bytes(0xC0_51_0F_F2, 4); // sqrtsd xmm0, xmm0
        }

        _code.Move(Host.Rcx, One);
        _code.Bytes(0xC9_6E_0F_48_66, 5); // movq xmm1, rcx
        _code.Bytes(0xC8_5E_0F_F2, 4); // divsd xmm1, xmm0
        _code.Bytes(0xC9_7E_0F_48_66, 5); // movq rcx, xmm1
        StatusWord(2, StatePlaces.Mxcsr);
        SaveVector(0x10, 0);
        SaveVector(0x10, 1);
    }

    // RCX becomes a single's bits without the sign, half up; below the least normal number zero.
    private void EmitRounded()
    {
        _code.Reg64(0xC1, 5, Host.Rcx); // shr rcx
        _code.Byte(RoundedBits - 1);
        _code.Immediate64(0, Host.Rcx, 1);
        _code.Reg64(0xD1, 5, Host.Rcx); // shr rcx, 1
        Immediate(5, Host.Rcx, Rebias);
        Immediate(7, Host.Rcx, 0x1000);
        nint normal = _code.JumpShort(13); // jge
        _code.Move(Host.Rcx, 0UL);
        _code.PatchShort(normal);
        _code.Reg32(0xC1, 4, Host.Rcx); // shl ecx
        _code.Byte(EmptyBits);
    }

    private void Immediate(int operation, int register, int value)
    {
        _code.Reg32(0x81, operation, register);
        _code.Int32(value);
    }

    // movups: the lower half of XMM0 or XMM1, put aside (11) and back (10).
    private void SaveVector(int opcode, int register)
    {
        _code.Byte(0x0F);
        _code.Byte(opcode);
        _code.ModRm(register, Host.Rbp, StatePlaces.Gather + 32 + (16 * register));
    }
}
