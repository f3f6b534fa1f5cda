using System.Numerics;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>CRC32: CRC-32C of 1 to 8 bytes (Intel SDM 2A).</summary>
internal static class Crc
{
    internal static InstructionRow[] Rows() =>
    [
        Row<W8>(Code.Crc32_r32_rm8),
        Row<W8>(Code.Crc32_r64_rm8),
        Row<W16>(Code.Crc32_r32_rm16),
        Row<W32>(Code.Crc32_r32_rm32),
        Row<W64>(Code.Crc32_r64_rm64),
    ];

    private static InstructionRow Row<T>(Code code)
        where T : struct, IWidth => new(code, Register<T>, Memory<T>);

    private static void Register<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Add<T>(cpu, ref op, T.Get(ref cpu.State, op.Reg1));

    private static void Memory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Add<T>(cpu, ref op, T.Load(cpu, cpu.Address(ref op)));

    // The sum has 32 bits; the upper half of the destination is cleared.
    private static void Add<T>(Vcpu cpu, ref Op op, ulong data)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        uint sum = (uint)W32.Get(ref s, op.Reg0);
        W64.Set(ref s, op.Reg0, T.Bits switch
        {
            8 => BitOperations.Crc32C(sum, (byte)data),
            16 => BitOperations.Crc32C(sum, (ushort)data),
            32 => BitOperations.Crc32C(sum, (uint)data),
            _ => BitOperations.Crc32C(sum, data),
        });
    }
}
