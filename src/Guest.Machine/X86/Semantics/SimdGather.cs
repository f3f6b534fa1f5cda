using System.Runtime.InteropServices;
using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>Gathers (Intel SDM 2C, VPGATHERDD): elements in order; a fault leaves the ones before it done and their masks clear.</summary>
internal static class SimdGather
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(VEX_Vpgatherdd_xmm_vm32x_xmm, null, Four32), new(VEX_Vgatherdps_xmm_vm32x_xmm, null, Four32),
        new(VEX_Vpgatherdd_ymm_vm32y_ymm, null, Eight32), new(VEX_Vgatherdps_ymm_vm32y_ymm, null, Eight32),
        new(VEX_Vpgatherqd_xmm_vm64x_xmm, null, Two32By64), new(VEX_Vgatherqps_xmm_vm64x_xmm, null, Two32By64),
        new(VEX_Vpgatherqd_xmm_vm64y_xmm, null, Four32By64), new(VEX_Vgatherqps_xmm_vm64y_xmm, null, Four32By64),
        new(VEX_Vpgatherdq_xmm_vm32x_xmm, null, Two64By32), new(VEX_Vgatherdpd_xmm_vm32x_xmm, null, Two64By32),
        new(VEX_Vpgatherdq_ymm_vm32x_ymm, null, Four64By32), new(VEX_Vgatherdpd_ymm_vm32x_ymm, null, Four64By32),
        new(VEX_Vpgatherqq_xmm_vm64x_xmm, null, Two64), new(VEX_Vgatherqpd_xmm_vm64x_xmm, null, Two64),
        new(VEX_Vpgatherqq_ymm_vm64y_ymm, null, Four64), new(VEX_Vgatherqpd_ymm_vm64y_ymm, null, Four64),
    ];

    private static void Four32(Vcpu cpu, ref Op op) => Gather32(cpu, ref op, 4, false);

    private static void Eight32(Vcpu cpu, ref Op op) => Gather32(cpu, ref op, 8, false);

    private static void Two32By64(Vcpu cpu, ref Op op) => Gather32(cpu, ref op, 2, true);

    private static void Four32By64(Vcpu cpu, ref Op op) => Gather32(cpu, ref op, 4, true);

    private static void Two64By32(Vcpu cpu, ref Op op) => Gather64(cpu, ref op, 2, false);

    private static void Four64By32(Vcpu cpu, ref Op op) => Gather64(cpu, ref op, 4, false);

    private static void Two64(Vcpu cpu, ref Op op) => Gather64(cpu, ref op, 2, true);

    private static void Four64(Vcpu cpu, ref Op op) => Gather64(cpu, ref op, 4, true);

    private static void Gather32(Vcpu cpu, ref Op op, int count, bool wideIndex)
    {
        cpu.CheckVex();
        Span<uint> values = MemoryMarshal.Cast<ulong, uint>(Register(cpu, op.Reg0));
        Span<int> masks = MemoryMarshal.Cast<ulong, int>(Register(cpu, op.Reg2));
        for (int i = 0; i < count; i++)
        {
            if (masks[i] < 0)
            {
                values[i] = cpu.LoadElement<uint>(ElementAddress(cpu, ref op, i, wideIndex, 4));
            }

            masks[i] = 0;
        }

        values[count..].Clear();
        masks[count..].Clear();
    }

    private static void Gather64(Vcpu cpu, ref Op op, int count, bool wideIndex)
    {
        cpu.CheckVex();
        Span<ulong> values = Register(cpu, op.Reg0);
        Span<long> masks = MemoryMarshal.Cast<ulong, long>(Register(cpu, op.Reg2));
        for (int i = 0; i < count; i++)
        {
            if (masks[i] < 0)
            {
                values[i] = cpu.LoadElement<ulong>(ElementAddress(cpu, ref op, i, wideIndex, 8));
            }

            masks[i] = 0;
        }

        values[count..].Clear();
        masks[count..].Clear();
    }

    private static ulong ElementAddress(Vcpu cpu, ref Op op, int element, bool wideIndex, int size)
    {
        Span<ulong> indices = Register(cpu, (int)op.Extra);
        ulong index = wideIndex ? indices[element] : (ulong)MemoryMarshal.Cast<ulong, int>(indices)[element];
        return cpu.ElementAddress(ref op, index << op.Scale, 0, size, false);
    }

    private static Span<ulong> Register(Vcpu cpu, int number) => ((Span<ulong>)cpu.State.Vectors).Slice(4 * number, 4);
}
