using Iced.Intel;
using static Iced.Intel.Register;

namespace Guest.Machine.X86.HostCode;

/// <summary>Emits the stub of one SIMD instruction: loads, the instruction on fixed registers, stores.</summary>
/// <remarks>
/// Arguments: RDI, RSI, RDX, RCX point to register operands 0 to 3 of the guest, R8 to the memory operand, R9 to the <see cref="CpuState"/>.
/// Vector operand i becomes XMM(i+1) or YMM(i+1), an MMX one MM(i+1), a general one RAX, RCX or RDX; XMM0 is for instructions that name
/// it implicitly. Returns RFLAGS where the instruction writes them, 0 where it does not, <see cref="FloatingPointFault.Raised"/> on a fault.
/// </remarks>
internal sealed class SimdStubBuilder
{
    private static readonly Register[] Pointers = [RDI, RSI, R10, R11];
    private static readonly Register[] General64 = [RAX, RCX, RDX];
    private static readonly Register[] General32 = [EAX, ECX, EDX];
    private static readonly Register[] General16 = [AX, CX, DX];
    private static readonly Register[] General8 = [AL, CL, DL];
    private readonly StubWriter _writer;
    private readonly Instruction _guest;
    private readonly bool _usesMxcsr;
    private readonly bool _vex;
    private readonly Mnemonic _mnemonic;

    internal SimdStubBuilder(nint origin, in Instruction guest, bool usesMxcsr)
    {
        _writer = new StubWriter(origin);
        _guest = guest;
        _usesMxcsr = usesMxcsr;
        _vex = guest.Encoding == EncodingKind.VEX;
        _mnemonic = guest.Mnemonic;
    }

    private bool IsExplicitLengthString => _mnemonic is Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestrm64
        or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpestri64 or Mnemonic.Vpcmpestrm or Mnemonic.Vpcmpestrm64;

    private bool ReturnsIndex => _mnemonic is Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpistri
        or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpestri64 or Mnemonic.Vpcmpistri;

    private bool ReturnsMask => _mnemonic is Mnemonic.Pcmpestrm or Mnemonic.Pcmpestrm64 or Mnemonic.Pcmpistrm
        or Mnemonic.Vpcmpestrm or Mnemonic.Vpcmpestrm64 or Mnemonic.Vpcmpistrm;

    private bool ReadsXmm0 => _mnemonic is Mnemonic.Blendvps or Mnemonic.Blendvpd or Mnemonic.Pblendvb or Mnemonic.Sha256rnds2;

    /// <summary>The stub's code.</summary>
    internal byte[] Build()
    {
        _writer.Emit(Code.Mov_r64_rm64, R10, RDX);
        _writer.Emit(Code.Mov_r64_rm64, R11, RCX);
        LoadOperands();
        if (_usesMxcsr)
        {
            _writer.Memory(Code.Ldmxcsr_m32, R9, StateLayout.Mxcsr);
        }

        _writer.Emit(OnHostRegisters());
        if (_usesMxcsr)
        {
            _writer.Memory(Code.Stmxcsr_m32, R9, StateLayout.Mxcsr);
        }

        StoreResults();
        _writer.Emit(Code.Retnq);
        return _writer.ToArray();
    }

    private void LoadOperands()
    {
        for (int i = 0; i < _guest.OpCount; i++)
        {
            if (_guest.GetOpKind(i) == OpKind.Register)
            {
                Register register = _guest.GetOpRegister(i);
                _writer.Load(LoadOf(register), Whole(register, i), Pointers[i]);
            }
        }

        if (ReadsXmm0)
        {
            _writer.Load(Code.Movups_xmm_xmmm128, XMM0, R9, StateLayout.Vectors);
        }

        if (IsExplicitLengthString)
        {
            _writer.Load(Code.Mov_r64_rm64, RAX, R9);
            _writer.Load(Code.Mov_r64_rm64, RDX, R9, 2 * 8);
        }
    }

    private void StoreResults()
    {
        bool flags = _guest.RflagsModified != RflagsBits.None;
        if (flags)
        {
            _writer.Emit(Code.Pushfq);
            _writer.Emit(Instruction.Create(Code.Pop_r64, RAX));
        }

        StoreOperands();
        if (_usesMxcsr)
        {
            _writer.RestoreHostMxcsr();
        }

        if (_vex)
        {
            _writer.Emit(Code.VEX_Vzeroupper);
        }

        if (_guest.Op0Register.IsMM() || _guest.Op1Register.IsMM())
        {
            _writer.Emit(Code.Emms);
        }

        if (!flags)
        {
            _writer.Emit(Code.Xor_r32_rm32, EAX, EAX);
        }
    }

    private void StoreOperands()
    {
        InstructionInfo info = new InstructionInfoFactory().GetInfo(_guest, InstructionInfoOptions.NoRegisterUsage | InstructionInfoOptions.NoMemoryUsage);
        for (int i = 0; i < _guest.OpCount; i++)
        {
            if (_guest.GetOpKind(i) == OpKind.Register && info.GetOpAccess(i) is OpAccess.Write or OpAccess.ReadWrite or OpAccess.CondWrite or OpAccess.ReadCondWrite)
            {
                Register register = _guest.GetOpRegister(i);
                _writer.Store(StoreOf(register), Pointers[i], 0, Whole(register, i));
            }
        }

        if (ReturnsIndex)
        {
            _writer.Store(Code.Mov_rm64_r64, R9, 1 * 8, RCX);
        }

        if (ReturnsMask)
        {
            _writer.Store(StoreOf(XMM0), R9, StateLayout.Vectors, _vex ? YMM0 : XMM0);
        }
    }

    // The same instruction, its operands replaced.
    private Instruction OnHostRegisters()
    {
        Instruction host = _guest;
        host.Code = WithoutHint(_guest.Code);
        host.CodeSize = CodeSize.Code64;
        host.SegmentPrefix = None;
        host.HasLockPrefix = false;
        host.HasRepePrefix = false;
        host.HasRepnePrefix = false;
        for (int i = 0; i < host.OpCount; i++)
        {
            if (host.GetOpKind(i) == OpKind.Register)
            {
                host.SetOpRegister(i, Same(_guest.GetOpRegister(i), i));
            }
        }

        host.MemoryBase = R8;
        host.MemoryIndex = None;
        host.MemoryIndexScale = 1;
        host.MemoryDisplacement64 = 0;
        host.MemoryDisplSize = 0;
        return host;
    }

    // Non-temporal hints mean nothing to the guest's memory: ordinary moves of the same alignment.
    private static Code WithoutHint(Code code) => code switch
    {
        Code.Movntps_m128_xmm or Code.Movntpd_m128_xmm or Code.Movntdq_m128_xmm => Code.Movaps_xmmm128_xmm,
        Code.Movntdqa_xmm_m128 => Code.Movaps_xmm_xmmm128,
        Code.Movntq_m64_mm => Code.Movq_mmm64_mm,
        Code.VEX_Vmovntps_m128_xmm or Code.VEX_Vmovntpd_m128_xmm or Code.VEX_Vmovntdq_m128_xmm => Code.VEX_Vmovaps_xmmm128_xmm,
        Code.VEX_Vmovntps_m256_ymm or Code.VEX_Vmovntpd_m256_ymm or Code.VEX_Vmovntdq_m256_ymm => Code.VEX_Vmovaps_ymmm256_ymm,
        Code.VEX_Vmovntdqa_xmm_m128 => Code.VEX_Vmovaps_xmm_xmmm128,
        Code.VEX_Vmovntdqa_ymm_m256 => Code.VEX_Vmovaps_ymm_ymmm256,
        _ => code,
    };

    // The host's register that stands for an operand, of the operand's own size.
    private static Register Same(Register register, int operand) => register switch
    {
        _ when register.IsXMM() => XMM1 + operand,
        _ when register.IsYMM() => YMM1 + operand,
        _ when register.IsMM() => MM1 + operand,
        _ when register.IsGPR64() => General64[operand],
        _ when register.IsGPR32() => General32[operand],
        _ when register.IsGPR16() => General16[operand],
        _ => General8[operand],
    };

    // The register that is loaded and stored: VEX instructions own all of the YMM register, general registers are 64 bits wide.
    private Register Whole(Register register, int operand) => register.IsXMM() && _vex ? YMM1 + operand
        : register.IsGPR() ? General64[operand] : Same(register, operand);

    private Code LoadOf(Register register) => register.IsMM() ? Code.Movq_mm_mmm64
        : register.IsGPR() ? Code.Mov_r64_rm64
        : _vex ? Code.VEX_Vmovups_ymm_ymmm256 : Code.Movups_xmm_xmmm128;

    private Code StoreOf(Register register) => register.IsMM() ? Code.Movq_mmm64_mm
        : register.IsGPR() ? Code.Mov_rm64_r64
        : _vex ? Code.VEX_Vmovups_ymmm256_ymm : Code.Movups_xmmm128_xmm;
}
