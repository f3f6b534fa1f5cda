using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>x87 environments and whole states: by way of the unit's own area, so that the guest sees none of the host's pointers.</content>
internal sealed partial class BlockEmitter
{
    // An environment of seven doublewords, and eight registers of ten bytes behind it; of seven words in the short formats.
    private const int Words = 7;
    private const int EnvironmentBytes = Words * sizeof(uint);
    private const int RegistersBytes = 80;
    private const int ControlBitsThatMean = 0x1F7F;
    private const int ControlBitThatIsSet = 0x40;

    private void EmitX87Environment(ref GuestInstruction op)
    {
        bool whole = op.Opcode == 0xDD;
        bool narrow = op.MemorySize is 14 or 94;
        bool stores = X87Forms.Stores(op.Decoded.Mnemonic);
        GiveUpFlagsToMemory();
        EmitAddress(ref op);
        EmitLookup(op.MemorySize, stores);
        EmitPointer();
        if (stores)
        {
            EmitOnArea(ref op);
            EmitStoreEnvironment(narrow);
        }
        else
        {
            EmitLoadEnvironment(narrow);
        }

        int guest = narrow ? EnvironmentBytes / 2 : EnvironmentBytes;
        for (int at = 0; whole && at < RegistersBytes; at += sizeof(ulong))
        {
            (int area, int place) = (StatePlaces.X87Area(0) + EnvironmentBytes + at, guest + at);
            _code.Mem64(0x8B, Host.Rax, stores ? Host.Rbp : Host.R14, stores ? area : place);
            _code.Mem64(0x89, Host.Rax, stores ? Host.R14 : Host.Rbp, stores ? place : area);
        }

        if (!stores)
        {
            EmitOnArea(ref op);
        }
    }

    // The instruction in its format of doublewords.
    private void EmitOnArea(ref GuestInstruction op)
    {
        _code.Byte(op.Opcode);
        _code.ModRm(op.Reg & 7, Host.Rbp, StatePlaces.X87Area(0));
    }

    // Three words, their upper halves ones; the pointers are zero.
    private void EmitStoreEnvironment(bool narrow)
    {
        for (int i = 0; i < Words; i++)
        {
            bool says = i < 3;
            if (says)
            {
                _code.Mem32(0x8B, Host.Rax, Host.Rbp, StatePlaces.X87Area(0) + (sizeof(uint) * i));
                _code.Reg32(0x81, 1, Host.Rax); // or eax, the upper half
                _code.Int32(unchecked((int)0xFFFF_0000));
            }
            else
            {
                _code.Move(Host.Rax, i == Words - 1 && !narrow ? 0xFFFF_0000UL : 0);
            }

            if (narrow)
            {
                _code.Byte(0x66);
            }

            _code.Mem32(0x89, Host.Rax, Host.R14, (narrow ? sizeof(ushort) : sizeof(uint)) * i);
        }
    }

    // A control word that unmasks an exception is the interpreter's; what follows from the others, and the pointers, are not taken over.
    private void EmitLoadEnvironment(bool narrow)
    {
        int step = narrow ? sizeof(ushort) : sizeof(uint);
        for (int i = 0; i < Words; i++)
        {
            if (i >= 3)
            {
                _code.StoreInt32(Host.Rbp, StatePlaces.X87Area(0) + (sizeof(uint) * i), 0);
                continue;
            }

            LoadNarrow(Host.Rax, Operand.At(Host.R14, step * i), 16);
            switch (i)
            {
                case 0:
                    _code.Reg32(0x8B, Host.Rcx, Host.Rax);
                    _code.Reg32(0xF7, 2, Host.Rcx); // not ecx
                    _code.Bytes(0xC1_F6, 2); // test cl, the exceptions
                    _code.Byte(X86.X87.Exceptions);
                    AddInterpret(5);
                    And(ControlBitsThatMean);
                    _code.Reg32(0x83, 1, Host.Rax); // or eax
                    _code.Byte(ControlBitThatIsSet);
                    break;
                case 1:
                    And(0xFFFF & ~(X86.X87.ErrorSummary | X86.X87.Busy));
                    break;
                default:
                    break;
            }

            _code.Mem32(0x89, Host.Rax, Host.Rbp, StatePlaces.X87Area(0) + (sizeof(uint) * i));
        }

        void And(int bits)
        {
            _code.Reg32(0x81, 4, Host.Rax);
            _code.Int32(bits);
        }
    }
}
