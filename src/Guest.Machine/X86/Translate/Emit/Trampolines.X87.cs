namespace Guest.Machine.X86.Translate.Emit;

/// <content>The x87 unit: by XSAVE and XRSTOR, which can leave the vector registers alone.</content>
internal sealed partial class Trampolines
{
    private const int FirstRegister = 4;
    private const int Words = 20;
    private const int Header = 64;

    // Control, status and tags: the opcode, and the pointers behind it, stay zero.
    private const ulong FxWords = 0x0000_00FF_FFFF_FFFF;

    private nint EmitLoadX87()
    {
        nint start = Begin();
        for (int i = 0; i < Words; i++)
        {
            Load(Host.Rax, StatePlaces.Fx(i));
            Store(StatePlaces.X87Area(i), Host.Rax);
        }

        _code.StoreInt32(Host.Rbp, StatePlaces.X87Area(Header), 1);
        _code.StoreInt32(Host.Rbp, StatePlaces.X87Live, 1);
        _code.Move(Host.Rcx, Host.Rdx);
        ExtendedState(5);
        _code.Move(Host.Rdx, Host.Rcx);
        _code.Byte(0xC3);
        return start;
    }

    // The guest's registers are stored; EAX is the reason, which stays.
    private void EmitSaveX87()
    {
        _code.Move(Host.R14, Host.Rax);
        EmitStoreX87();
        _code.Move(Host.Rax, Host.R14);
    }

    // RAX, RCX and RDX are overwritten.
    private void EmitStoreX87()
    {
        ExtendedState(4);
        _code.Bytes(0xE3_DB, 2); // fninit
        Load(Host.Rax, StatePlaces.X87Area(0));
        _code.Move(Host.Rcx, FxWords);
        _code.Reg64(0x23, Host.Rax, Host.Rcx);
        Store(StatePlaces.Fx(0), Host.Rax);
        for (int i = FirstRegister; i < Words; i += 2)
        {
            Load(Host.Rax, StatePlaces.X87Area(i));
            Store(StatePlaces.Fx(i), Host.Rax);
            _code.Bytes(0xB7_0F, 2); // movzx eax, word
            _code.ModRm(Host.Rax, Host.Rbp, StatePlaces.X87Area(i + 1));
            Store(StatePlaces.Fx(i + 1), Host.Rax);
        }
    }

    // xsave (4) or xrstor (5) of the x87 unit alone; RAX and RDX are the mask.
    private void ExtendedState(int operation)
    {
        _code.Bytes(0x01_B8, 2); // mov eax, 1
        _code.Bytes(0, 3);
        _code.Byte(0xBA); // mov edx, 0
        _code.Int32(0);
        _code.Bytes(0xAE_0F, 2);
        _code.ModRm(operation, Host.Rbp, StatePlaces.X87Area(0));
    }
}
