using System.Runtime.InteropServices;
using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>Moves under a mask: only elements whose mask has its sign bit set are accessed, without a check of alignment (but for MASKMOV).</summary>
/// <remarks>Of VMASKMOV and VPMASKMOV only those elements can fault; MASKMOVQ and MASKMOVDQU fault where any of their bytes would
/// (the manual leaves it to the processor).</remarks>
internal static class SimdMasked
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(VEX_Vmaskmovps_xmm_xmm_m128, null, Load<uint>),
        new(VEX_Vmaskmovps_ymm_ymm_m256, null, Load<uint>),
        new(VEX_Vmaskmovpd_xmm_xmm_m128, null, Load<ulong>),
        new(VEX_Vmaskmovpd_ymm_ymm_m256, null, Load<ulong>),
        new(VEX_Vpmaskmovd_xmm_xmm_m128, null, Load<uint>),
        new(VEX_Vpmaskmovd_ymm_ymm_m256, null, Load<uint>),
        new(VEX_Vpmaskmovq_xmm_xmm_m128, null, Load<ulong>),
        new(VEX_Vpmaskmovq_ymm_ymm_m256, null, Load<ulong>),
        new(VEX_Vmaskmovps_m128_xmm_xmm, null, Store<uint>),
        new(VEX_Vmaskmovps_m256_ymm_ymm, null, Store<uint>),
        new(VEX_Vmaskmovpd_m128_xmm_xmm, null, Store<ulong>),
        new(VEX_Vmaskmovpd_m256_ymm_ymm, null, Store<ulong>),
        new(VEX_Vpmaskmovd_m128_xmm_xmm, null, Store<uint>),
        new(VEX_Vpmaskmovd_m256_ymm_ymm, null, Store<uint>),
        new(VEX_Vpmaskmovq_m128_xmm_xmm, null, Store<ulong>),
        new(VEX_Vpmaskmovq_m256_ymm_ymm, null, Store<ulong>),
        new(Maskmovq_rDI_mm_mm, StoreMmxBytes),
        new(Maskmovdqu_rDI_xmm_xmm, StoreBytes<SimdUnits.Sse>),
        new(VEX_Vmaskmovdqu_rDI_xmm_xmm, StoreBytes<SimdUnits.Vex>),
    ];

    private static void Load<T>(Vcpu cpu, ref Op op)
        where T : unmanaged
    {
        cpu.CheckVex();
        Span<T> loaded = stackalloc T[32 / Size<T>()];
        loaded.Clear();
        Span<T> masks = Lanes<T>(cpu, op.Reg1);
        for (int i = 0; i < op.MemorySize / Size<T>(); i++)
        {
            if (IsActive(masks[i]))
            {
                loaded[i] = cpu.LoadElement<T>(cpu.ElementAddress(ref op, 0, (ulong)(i * Size<T>()), Size<T>(), false));
            }
        }

        loaded.CopyTo(Lanes<T>(cpu, op.Reg0));
    }

    private static void Store<T>(Vcpu cpu, ref Op op)
        where T : unmanaged
    {
        cpu.CheckVex();
        Span<T> masks = Lanes<T>(cpu, op.Reg1);
        Span<T> values = Lanes<T>(cpu, op.Reg2);
        int count = op.MemorySize / Size<T>();
        for (int i = 0; i < count; i++)
        {
            if (IsActive(masks[i]))
            {
                cpu.ProbeElement(cpu.ElementAddress(ref op, 0, (ulong)(i * Size<T>()), Size<T>(), true), Size<T>());
            }
        }

        for (int i = 0; i < count; i++)
        {
            if (IsActive(masks[i]))
            {
                cpu.StoreElement(cpu.ElementAddress(ref op, 0, (ulong)(i * Size<T>()), Size<T>(), true), values[i]);
            }
        }
    }

    private static void StoreMmxBytes(Vcpu cpu, ref Op op)
    {
        cpu.CheckMmx();
        ref CpuState s = ref cpu.State;
        int top = X87State.Top(ref s);
        ulong value = s.Fx[4 + (2 * ((op.Reg1 - top) & 7))];
        ulong mask = s.Fx[4 + (2 * ((op.Reg2 - top) & 7))];
        X87State.EnterMmx(ref s); // even where the store then faults, as the host does
        StoreMasked(cpu, ref op, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref value)), MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref mask)));
    }

    private static void StoreBytes<TUnit>(Vcpu cpu, ref Op op)
        where TUnit : struct, ISimdUnit
    {
        TUnit.Check(cpu);
        StoreMasked(cpu, ref op, Lanes<byte>(cpu, op.Reg1)[..16], Lanes<byte>(cpu, op.Reg2)[..16]);
    }

    private static void StoreMasked(Vcpu cpu, ref Op op, ReadOnlySpan<byte> values, ReadOnlySpan<byte> masks)
    {
        ulong start = cpu.State.Rdi;
        cpu.ProbeElement(ByteAddress(cpu, ref op, start, masks.Length), masks.Length, 8);
        for (int i = 0; i < masks.Length; i++)
        {
            if (IsActive(masks[i]))
            {
                cpu.StoreElement(ByteAddress(cpu, ref op, start + (ulong)i, 1), values[i]);
            }
        }
    }

    private static ulong ByteAddress(Vcpu cpu, ref Op op, ulong offset, int size) =>
        cpu.Linear((SegmentName)op.Segment, op.AddressBits switch { 64 => offset, 32 => (uint)offset, _ => (ushort)offset }, size, true);

    private static Span<T> Lanes<T>(Vcpu cpu, int register)
        where T : unmanaged => MemoryMarshal.Cast<ulong, T>(((Span<ulong>)cpu.State.Vectors).Slice(4 * register, 4));

    private static int Size<T>()
        where T : unmanaged => System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

    private static bool IsActive<T>(T mask)
        where T : unmanaged => (MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref mask))[^1] & 0x80) != 0;
}
