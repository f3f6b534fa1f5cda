using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>FXSAVE, XSAVE and what restores their images (<see cref="Trampolines.Save"/>).</content>
internal sealed partial class BlockEmitter
{
    private const int XsaveAlignment = 64;
    private const int FxsaveAlignment = 16;

    private static SavedFormat FormatOf(in GuestInstruction op) => op.Decoded.Mnemonic switch
    {
        Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 => SavedFormat.Fxsave,
        Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xrstor or Mnemonic.Xrstor64 => SavedFormat.Xsave,
        Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 => SavedFormat.Optimized,
        _ => SavedFormat.Compacted,
    };

    private static bool IsPrivileged(in GuestInstruction op) => op.Decoded.Mnemonic is Mnemonic.Xsaves or Mnemonic.Xsaves64 or Mnemonic.Xrstors or Mnemonic.Xrstors64;

    // An image that the TLB does not know whole, or that means more than this code does, is the interpreter's.
    private void EmitSavedState(ref GuestInstruction op)
    {
        SavedFormat format = FormatOf(op);
        bool old = format == SavedFormat.Fxsave;
        bool saves = op.Kind == EmitKind.SaveState;
        GiveUpFlagsToMemory();
        EmitAddress(ref op);
        _code.Byte(0xA8); // test al, alignment - 1
        _code.Byte((old ? FxsaveAlignment : XsaveAlignment) - 1);
        AddInterpret(5);
        EmitSearch(old ? XsaveLayout.LegacySize : XsaveLayout.AvxOffset + XsaveLayout.AvxSize, saves, mayFault: false);
        EmitPointer();
        if (saves)
        {
            _ = _code.Call(_stubs.Save(format));
            return;
        }

        _ = _code.Call(_stubs.Restore(format));
        AddInterpret(2);
    }

    private void EmitReadXcr0()
    {
        GiveUpFlagsToMemory();
        _code.Reg32(0x85, Host.GuestRcx, Host.GuestRcx);
        AddInterpret(5);
        _code.Mem32(0x8B, Host.GuestRax, Host.Rbp, StatePlaces.Xcr0);
        _code.Mem32(0x8B, Host.Rdx, Host.Rbp, StatePlaces.Xcr0 + sizeof(uint));
    }
}
