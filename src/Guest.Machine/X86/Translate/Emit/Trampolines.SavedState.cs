using Guest.Machine.X86.Semantics;

namespace Guest.Machine.X86.Translate.Emit;

/// <content>Images of the x87 and vector registers, by way of their places in the state: what <see cref="Xsave"/>, <see cref="XsaveRestore"/> and <see cref="Fxsave"/> do.</content>
internal sealed partial class Trampolines
{
    private const int MxcsrAt = 24;
    private const int SlotsAt = 32;
    private const int XmmAt = 160;
    private const int VectorRegisters = 16;
    private const int AllMasked = 0x1F80;

    // Of control, status and tags, what does not follow from the rest; the control word's bit that is always set.
    private const ulong WordsThatMean = 0x0000_00FF_7F7F_1F7F;
    private const int ControlBitThatIsSet = 0x40;

    // All registers to their places in the state. RDX is the requested components, RCX and RAX are overwritten.
    private void EmitSpill(SavedFormat format)
    {
        for (int register = 0; register < VectorRegisters; register++)
        {
            MoveVector(0x11, register, wide: true);
        }

        StatusWord(3, StatePlaces.Mxcsr);
        EmitStoreX87();
        if (format == SavedFormat.Fxsave)
        {
            _code.Move(Host.Rdx, XsaveLayout.X87 | XsaveLayout.Sse);
            return;
        }

        _code.Mem32(0x8B, Host.Rdx, Host.Rbp, StatePlaces.Xcr0);
        _code.Reg32(0x23, Host.Rdx, Host.GuestRax);
    }

    private void EmitReload()
    {
        _ = _code.Call(LoadVectors);
        _ = _code.Call(LoadX87);
    }

    // R14 points to the area. RAX, RCX and the flags are overwritten.
    private nint EmitSave(SavedFormat format)
    {
        nint start = Begin();
        _code.Byte(0x52); // push rdx
        EmitSpill(format);
        if (format == SavedFormat.Fxsave)
        {
            _code.Move(Host.Rcx, XsaveLayout.X87 | XsaveLayout.Sse);
        }
        else
        {
            EmitInUse();
            EmitHeader(format);
        }

        EmitSaveMxcsr(format);
        EmitWhere(Host.Rcx, XsaveLayout.X87, () =>
        {
            for (int i = 0; i < Words; i++)
            {
                if (i != MxcsrAt / sizeof(ulong))
                {
                    Load(Host.Rax, StatePlaces.Fx(i));
                    _code.Mem64(0x89, Host.Rax, Host.R14, sizeof(ulong) * i);
                }
            }
        });
        EmitWhere(Host.Rcx, XsaveLayout.Sse, () => CopyHalves(0, XmmAt, toImage: true));
        EmitWhere(Host.Rcx, XsaveLayout.Avx, () => CopyHalves(16, XsaveLayout.AvxOffset, toImage: true));
        EmitReload();
        _code.Bytes(0xC3_5A, 2); // pop rdx; ret
        return start;
    }

    // ECX = the components that are not in their initial state.
    private void EmitInUse()
    {
        _code.Move(Host.Rcx, 0UL);
        _code.Mem64(0x81, 7, Host.Rbp, StatePlaces.Fx(0)); // cmp qword [words], initial
        _code.Int32(X86.X87.InitialControl);
        nint used = _code.JumpIf(5, 0);
        nint initial = EmitIsZero(8, i => StatePlaces.Fx(4 + (2 * i)));
        _code.Patch(used, _code.Here);
        Immediate(1, Host.Rcx, (int)XsaveLayout.X87);
        _code.Patch(initial, _code.Here);
        for (int half = 0; half < 2; half++)
        {
            initial = EmitIsZero(VectorRegisters, i => StatePlaces.Vector(i) + (16 * half));
            Immediate(1, Host.Rcx, (int)(half == 0 ? XsaveLayout.Sse : XsaveLayout.Avx));
            _code.Patch(initial, _code.Here);
        }
    }

    // Returns the jump where all of these sixteen bytes are zero.
    private nint EmitIsZero(int count, Func<int, int> place)
    {
        for (int i = 0; i < count; i++)
        {
            _code.Bytes(i == 0 ? 0x10_F8_C5UL : 0xEB_F9_C5UL, 3); // vmovups xmm0, or vpor xmm0, xmm0
            _code.ModRm(0, Host.Rbp, place(i));
        }

        _code.Bytes(0xC0_17_79_E2_C4, 5); // vptest xmm0, xmm0
        return _code.JumpIf(4, 0);
    }

    // ECX becomes the components that are written; EDX stays.
    private void EmitHeader(SavedFormat format)
    {
        if (format == SavedFormat.Compacted)
        {
            _code.Mem32(0x81, 7, Host.Rbp, StatePlaces.Mxcsr); // cmp dword [mxcsr], initial
            _code.Int32(AllMasked);
            nint initial = _code.JumpIf(4, 0);
            Immediate(1, Host.Rcx, (int)XsaveLayout.Sse);
            _code.Patch(initial, _code.Here);
            _code.Reg32(0x23, Host.Rcx, Host.Rdx);
            _code.Mem64(0x89, Host.Rcx, Host.R14, Xsave.StateBv);
            _code.Move(Host.Rax, XsaveLayout.Compacted);
            _code.Reg64(0x0B, Host.Rax, Host.Rdx);
            _code.Mem64(0x89, Host.Rax, Host.R14, Xsave.CompBv);
            return;
        }

        _code.Reg32(0x23, Host.Rcx, Host.Rdx);
        _code.Move(Host.Rax, Host.Rdx);
        _code.Reg64(0xF7, 2, Host.Rax); // not rax
        _code.Mem64(0x23, Host.Rax, Host.R14, Xsave.StateBv);
        _code.Reg64(0x0B, Host.Rax, Host.Rcx);
        _code.Mem64(0x89, Host.Rax, Host.R14, Xsave.StateBv);
        if (format == SavedFormat.Xsave)
        {
            _code.Reg32(0x8B, Host.Rcx, Host.Rdx);
        }
    }

    // MXCSR goes with what is written of SSE, or in the standard format with what was asked for.
    private void EmitSaveMxcsr(SavedFormat format)
    {
        bool standard = format is SavedFormat.Xsave or SavedFormat.Optimized;
        EmitWhere(standard ? Host.Rdx : Host.Rcx, standard ? XsaveLayout.Sse | XsaveLayout.Avx : XsaveLayout.Sse, () =>
        {
            _code.Mem32(0x8B, Host.Rax, Host.Rbp, StatePlaces.Mxcsr);
            _code.Mem32(0x89, Host.Rax, Host.R14, MxcsrAt);
            _code.StoreInt32(Host.R14, MxcsrAt + sizeof(uint), (int)SimdControl.MxcsrMask);
        });
    }

    // Registers' halves of sixteen bytes, from the state to the image or back.
    private void CopyHalves(int half, int at, bool toImage)
    {
        for (int i = 0; i < VectorRegisters; i++)
        {
            int place = StatePlaces.Vector(i) + half;
            MoveHalf(0x10, toImage ? Host.Rbp : Host.R14, toImage ? place : at + (16 * i));
            MoveHalf(0x11, toImage ? Host.R14 : Host.Rbp, toImage ? at + (16 * i) : place);
        }
    }

    // vmovups xmm0, [base + displacement], or the reverse.
    private void MoveHalf(int opcode, int baseRegister, int displacement)
    {
        _code.Byte(0xC4);
        _code.Byte(0xC1 | ((~baseRegister & 8) << 2));
        _code.Byte(0x78);
        _code.Byte(opcode);
        _code.ModRm(0, baseRegister, displacement);
    }

    // What is emitted for components that a register has.
    private void EmitWhere(int register, ulong components, Action emit)
    {
        _code.Reg32(0xF7, 0, register); // test
        _code.Int32((int)components);
        nint none = _code.JumpIf(4, 0);
        emit();
        _code.Patch(none, _code.Here);
    }

    // The same for components that are asked for (EDX), by whether the image has them (ECX).
    private void EmitRestored(ulong component, Action present, Action absent) => EmitWhere(Host.Rdx, component, () =>
    {
        _code.Reg32(0xF7, 0, Host.Rcx);
        _code.Int32((int)component);
        nint initial = _code.JumpIf(4, 0);
        present();
        nint done = _code.Jump(0);
        _code.Patch(initial, _code.Here);
        absent();
        _code.Patch(done, _code.Here);
    });

    // R14 points to the area. With CF set nothing was loaded: the image is bad, or unmasks an exception. RAX, RCX and the other flags are overwritten.
    private nint EmitRestore(SavedFormat format)
    {
        nint start = Begin();
        _code.Bytes(0x56_52, 2); // push rdx; push rsi
        EmitSpill(format);
        List<nint> refused = [];
        EmitReadHeader(format, refused);
        EmitCheckMasks(refused);
        EmitRestoreMxcsr();
        EmitRestored(XsaveLayout.X87, RestoreX87, () =>
        {
            for (int i = 0; i < Words; i++)
            {
                if (i != MxcsrAt / sizeof(ulong))
                {
                    _code.Mem64(0xC7, 0, Host.Rbp, StatePlaces.Fx(i)); // mov qword [state], value
                    _code.Int32(i == 0 ? X86.X87.InitialControl : 0);
                }
            }
        });
        RestoreHalves(XsaveLayout.Sse, 0, XmmAt);
        if (format != SavedFormat.Fxsave)
        {
            RestoreHalves(XsaveLayout.Avx, 16, XsaveLayout.AvxOffset);
        }

        _code.Move(Host.Rsi, 0UL);
        nint done = _code.Jump(0);
        foreach (nint jump in refused)
        {
            _code.Patch(jump, _code.Here);
        }

        _code.Move(Host.Rsi, 1UL);
        _code.Patch(done, _code.Here);
        EmitReload();
        _code.Reg32(0xD1, 5, Host.Rsi); // shr esi, 1: CF
        _code.Bytes(0xC3_5A_5E, 3); // pop rsi; pop rdx; ret
        return start;
    }

    // ECX = the components that the image has; ESI = 0 where MXCSR stays, 1 where it comes from the image, 2 where it is as after reset.
    private void EmitReadHeader(SavedFormat format, List<nint> refused)
    {
        if (format == SavedFormat.Fxsave)
        {
            _code.Move(Host.Rcx, XsaveLayout.X87 | XsaveLayout.Sse);
            _code.Move(Host.Rsi, 1UL);
            return;
        }

        _code.Mem64(0x8B, Host.Rcx, Host.R14, Xsave.StateBv);
        Load(Host.Rsi, StatePlaces.Xcr0);
        _code.Reg64(0xF7, 2, Host.Rsi); // not rsi
        _code.Reg64(0x85, Host.Rcx, Host.Rsi);
        refused.Add(_code.JumpIf(5, 0));
        _code.Mem64(0x8B, Host.Rax, Host.R14, Xsave.CompBv);
        _code.Reg64(0x85, Host.Rax, Host.Rax);
        nint compacted = _code.JumpIf(8, 0);
        nint done = 0;
        if (format == SavedFormat.Compacted)
        {
            refused.Add(_code.Jump(0));
        }
        else
        {
            refused.Add(_code.JumpIf(5, 0));
            _code.Mem64(0x83, 7, Host.R14, Xsave.CompBv + sizeof(ulong)); // cmp qword, 0
            _code.Byte(0);
            refused.Add(_code.JumpIf(5, 0));
            _code.Move(Host.Rsi, 0UL);
            EmitWhere(Host.Rdx, XsaveLayout.Sse | XsaveLayout.Avx, () => _code.Move(Host.Rsi, 1UL));
            done = _code.Jump(0);
        }

        _code.Patch(compacted, _code.Here);
        _code.Bytes(0x3F_F0_BA_0F_48, 5); // btr rax, 63
        _code.Reg64(0x85, Host.Rax, Host.Rsi);
        refused.Add(_code.JumpIf(5, 0));
        _code.Reg64(0xF7, 2, Host.Rax); // not rax
        _code.Reg64(0x85, Host.Rcx, Host.Rax);
        refused.Add(_code.JumpIf(5, 0));
        _code.Move(Host.Rax, 0UL);
        for (int at = Xsave.CompBv + sizeof(ulong); at < XsaveLayout.HeaderEnd; at += sizeof(ulong))
        {
            _code.Mem64(0x0B, Host.Rax, Host.R14, at);
        }

        _code.Reg64(0x85, Host.Rax, Host.Rax);
        refused.Add(_code.JumpIf(5, 0));
        _code.Move(Host.Rsi, 0UL);
        EmitWhere(Host.Rdx, XsaveLayout.Sse, () =>
        {
            _code.Move(Host.Rsi, 2UL);
            EmitWhere(Host.Rcx, XsaveLayout.Sse, () => _code.Move(Host.Rsi, 1UL));
        });
        if (done != 0)
        {
            _code.Patch(done, _code.Here);
        }
    }

    // Neither word may unmask an exception, nor MXCSR have a reserved bit.
    private void EmitCheckMasks(List<nint> refused)
    {
        EmitRestored(XsaveLayout.X87, () =>
        {
            _code.Mem32(0x8B, Host.Rax, Host.R14, 0);
            _code.Reg32(0xF7, 2, Host.Rax); // not eax
            _code.Byte(0xA8); // test al, the exceptions
            _code.Byte(X86.X87.Exceptions);
            refused.Add(_code.JumpIf(5, 0));
        }, () => { });
        EmitWhere(Host.Rsi, 1, () =>
        {
            _code.Mem32(0x8B, Host.Rax, Host.R14, MxcsrAt);
            Immediate(6, Host.Rax, AllMasked); // xor
            _code.Reg32(0xF7, 0, Host.Rax); // test eax, masks and reserved bits
            _code.Int32(unchecked((int)0xFFFF_0000) | AllMasked);
            refused.Add(_code.JumpIf(5, 0));
        });
    }

    private void EmitRestoreMxcsr()
    {
        EmitWhere(Host.Rsi, 1, () =>
        {
            _code.Mem32(0x8B, Host.Rax, Host.R14, MxcsrAt);
            _code.Mem32(0x89, Host.Rax, Host.Rbp, StatePlaces.Mxcsr);
        });
        EmitWhere(Host.Rsi, 2, () => _code.StoreInt32(Host.Rbp, StatePlaces.Mxcsr, AllMasked));
    }

    private void RestoreX87()
    {
        _code.Mem64(0x8B, Host.Rax, Host.R14, 0);
        _code.Move(Host.Rsi, WordsThatMean);
        _code.Reg64(0x23, Host.Rax, Host.Rsi);
        _code.Immediate64(1, Host.Rax, ControlBitThatIsSet);
        Store(StatePlaces.Fx(0), Host.Rax);
        for (int i = FirstRegister; i < Words; i += 2)
        {
            _code.Mem64(0x8B, Host.Rax, Host.R14, sizeof(ulong) * i);
            Store(StatePlaces.Fx(i), Host.Rax);
            _code.Rex(false, Host.Rax, 0, Host.R14);
            _code.Bytes(0xB7_0F, 2); // movzx eax, word
            _code.ModRm(Host.Rax, Host.R14, sizeof(ulong) * (i + 1));
            Store(StatePlaces.Fx(i + 1), Host.Rax);
        }
    }

    private void RestoreHalves(ulong component, int half, int at) => EmitRestored(component, () => CopyHalves(half, at, toImage: false), () =>
    {
        _code.Bytes(0xC0_57_F8_C5, 4); // vxorps xmm0, xmm0, xmm0
        for (int i = 0; i < VectorRegisters; i++)
        {
            MoveHalf(0x11, Host.Rbp, StatePlaces.Vector(i) + half);
        }
    });
}
