using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>BT, BTS, BTR, BTC (Intel SDM 2A); the flags besides CF stay, as docs/defined-results.md says.</summary>
internal static class BitTests
{
    internal static InstructionRow[] Rows() =>
    [
        ByRegister<W16, Test>(Code.Bt_rm16_r16),
        ByRegister<W32, Test>(Code.Bt_rm32_r32),
        ByRegister<W64, Test>(Code.Bt_rm64_r64),
        ByImm<W16, Test>(Code.Bt_rm16_imm8),
        ByImm<W32, Test>(Code.Bt_rm32_imm8),
        ByImm<W64, Test>(Code.Bt_rm64_imm8),
        ByRegister<W16, Set>(Code.Bts_rm16_r16),
        ByRegister<W32, Set>(Code.Bts_rm32_r32),
        ByRegister<W64, Set>(Code.Bts_rm64_r64),
        ByImm<W16, Set>(Code.Bts_rm16_imm8),
        ByImm<W32, Set>(Code.Bts_rm32_imm8),
        ByImm<W64, Set>(Code.Bts_rm64_imm8),
        ByRegister<W16, Reset>(Code.Btr_rm16_r16),
        ByRegister<W32, Reset>(Code.Btr_rm32_r32),
        ByRegister<W64, Reset>(Code.Btr_rm64_r64),
        ByImm<W16, Reset>(Code.Btr_rm16_imm8),
        ByImm<W32, Reset>(Code.Btr_rm32_imm8),
        ByImm<W64, Reset>(Code.Btr_rm64_imm8),
        ByRegister<W16, Complement>(Code.Btc_rm16_r16),
        ByRegister<W32, Complement>(Code.Btc_rm32_r32),
        ByRegister<W64, Complement>(Code.Btc_rm64_r64),
        ByImm<W16, Complement>(Code.Btc_rm16_imm8),
        ByImm<W32, Complement>(Code.Btc_rm32_imm8),
        ByImm<W64, Complement>(Code.Btc_rm64_imm8),
    ];

    private interface IChange
    {
        static abstract bool Stores { get; }

        static abstract ulong Apply(ulong value, ulong bit);
    }

    private static InstructionRow ByRegister<T, TChange>(Code code)
        where T : struct, IWidth
        where TChange : struct, IChange => new(code, RegisterByRegister<T, TChange>, MemoryByRegister<T, TChange>, ResultKind.Defined);

    private static InstructionRow ByImm<T, TChange>(Code code)
        where T : struct, IWidth
        where TChange : struct, IChange => new(code, RegisterByImm<T, TChange>, MemoryByImm<T, TChange>, ResultKind.Defined);

    private static void RegisterByRegister<T, TChange>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TChange : struct, IChange => Register<T, TChange>(cpu, ref op, T.Get(ref cpu.State, op.Reg1));

    private static void RegisterByImm<T, TChange>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TChange : struct, IChange => Register<T, TChange>(cpu, ref op, op.Imm);

    private static void MemoryByImm<T, TChange>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TChange : struct, IChange => Memory<T, TChange>(cpu, cpu.Address(ref op), op.Imm);

    // The bit offset is signed and reaches beyond the operand: it first selects the operand in a string of them.
    private static void MemoryByRegister<T, TChange>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TChange : struct, IChange
    {
        ulong index = T.SignExtend(T.Get(ref cpu.State, op.Reg1));
        ulong distance = (ulong)((long)index >> 3) & ~(ulong)(T.Bytes - 1);
        ulong offset = AddressSize.Cut(cpu.EffectiveAddress(ref op) + distance, op.AddressBits);
        Memory<T, TChange>(cpu, cpu.Linear((SegmentName)op.Segment, offset, T.Bytes, TChange.Stores), index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Register<T, TChange>(Vcpu cpu, ref Op op, ulong index)
        where T : struct, IWidth
        where TChange : struct, IChange
    {
        ref CpuState s = ref cpu.State;
        ulong value = T.Get(ref s, op.Reg0);
        ulong bit = 1UL << (int)(index & (ulong)(T.Bits - 1));
        Flags.SetCarry(ref s, (value & bit) != 0);
        if (TChange.Stores)
        {
            T.Set(ref s, op.Reg0, TChange.Apply(value, bit));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Memory<T, TChange>(Vcpu cpu, ulong address, ulong index)
        where T : struct, IWidth
        where TChange : struct, IChange
    {
        ulong value = TChange.Stores ? T.LoadForWrite(cpu, address) : T.Load(cpu, address);
        ulong bit = 1UL << (int)(index & (ulong)(T.Bits - 1));
        Flags.SetCarry(ref cpu.State, (value & bit) != 0);
        if (TChange.Stores)
        {
            T.Store(cpu, address, TChange.Apply(value, bit));
        }
    }

    private readonly struct Test : IChange
    {
        public static bool Stores => false;

        public static ulong Apply(ulong value, ulong bit) => value;
    }

    private readonly struct Set : IChange
    {
        public static bool Stores => true;

        public static ulong Apply(ulong value, ulong bit) => value | bit;
    }

    private readonly struct Reset : IChange
    {
        public static bool Stores => true;

        public static ulong Apply(ulong value, ulong bit) => value & ~bit;
    }

    private readonly struct Complement : IChange
    {
        public static bool Stores => true;

        public static ulong Apply(ulong value, ulong bit) => value ^ bit;
    }
}
