using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Guest.Machine.X86.Decode;
using static Guest.Machine.X86.ControlBits;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>XSAVE, XSAVEOPT, XSAVEC and XSAVES (Intel SDM 1 13.7, 13.9 to 13.11).</summary>
/// <remarks>
/// A component is in its initial state exactly when its registers hold their initial values. XSAVEOPT and XSAVES leave such components
/// out and never leave one out for not having been modified.
/// </remarks>
internal static class Xsave
{
    /// <summary>Where the area holds XSTATE_BV.</summary>
    internal const int StateBv = 512;

    /// <summary>Where the area holds XCOMP_BV.</summary>
    internal const int CompBv = 520;

    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Xsave_mem, null, SaveStandard, ResultKind.Defined),
        new(Xsave64_mem, null, SaveStandard, ResultKind.Defined),
        new(Xsaveopt_mem, null, SaveOptimized, ResultKind.Defined),
        new(Xsaveopt64_mem, null, SaveOptimized, ResultKind.Defined),
        new(Xsavec_mem, null, SaveCompacted, ResultKind.Defined),
        new(Xsavec64_mem, null, SaveCompacted, ResultKind.Defined),
        new(Xsaves_mem, null, SaveSupervisor, ResultKind.System),
        new(Xsaves64_mem, null, SaveSupervisor, ResultKind.System),
    ];

    /// <summary>Components that are not in their initial state, in the present mode (Intel SDM 1 13.6).</summary>
    internal static ulong InUse(Vcpu cpu)
    {
        ref CpuState s = ref cpu.State;
        ulong lower = 0;
        ulong upper = 0;
        for (int i = 0; i < 4 * Fxsave.VectorCount(cpu); i += 4)
        {
            lower |= s.Vectors[i] | s.Vectors[i + 1];
            upper |= s.Vectors[i + 2] | s.Vectors[i + 3];
        }

        return (X87State.IsInitial(ref s) ? 0 : XsaveLayout.X87) | (lower == 0 ? 0 : XsaveLayout.Sse) | (upper == 0 ? 0 : XsaveLayout.Avx);
    }

    private static void SaveStandard(Vcpu cpu, ref Op op) => SaveInPlace(cpu, ref op, XsaveLayout.All);

    private static void SaveOptimized(Vcpu cpu, ref Op op) => SaveInPlace(cpu, ref op, InUse(cpu));

    // The standard format: components outside the request keep their bytes and their bits.
    private static void SaveInPlace(Vcpu cpu, ref Op op, ulong written)
    {
        ulong requested = Requested(cpu);
        ulong address = CheckedAddress(cpu, ref op, XsaveLayout.StandardSize(requested), true);
        cpu.ProbeArea(address, XsaveLayout.StandardSize(requested), 1, AccessKind.Write);
        Span<byte> header = stackalloc byte[8];
        cpu.ProbeRead(address, 1);
        cpu.LoadBytes(address + StateBv, header);
        ulong before = BinaryPrimitives.ReadUInt64LittleEndian(header);
        Write(cpu, address, requested & written, (requested & (XsaveLayout.Sse | XsaveLayout.Avx)) != 0);
        BinaryPrimitives.WriteUInt64LittleEndian(header, (before & ~requested) | (requested & InUse(cpu)));
        cpu.StoreBytes(address + StateBv, header);
    }

    private static void SaveCompacted(Vcpu cpu, ref Op op)
    {
        ulong requested = Requested(cpu);
        ulong address = CheckedAddress(cpu, ref op, XsaveLayout.CompactedSize(requested), true);
        cpu.ProbeArea(address, XsaveLayout.CompactedSize(requested), 1, AccessKind.Write);
        ulong used = InUse(cpu) | (cpu.State.Mxcsr != SimdControl.InitialMxcsr ? XsaveLayout.Sse : 0);
        ulong written = requested & used;
        Write(cpu, address, written, (written & XsaveLayout.Sse) != 0);
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(header, written);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], requested | XsaveLayout.Compacted);
        cpu.StoreBytes(address + StateBv, header);
    }

    private static void SaveSupervisor(Vcpu cpu, ref Op op)
    {
        CheckConsent(cpu);
        CheckPrivilege(cpu);
        SaveCompacted(cpu, ref op);
    }

    private static void Write(Vcpu cpu, ulong address, ulong components, bool mxcsr)
    {
        ref CpuState s = ref cpu.State;
        Span<byte> image = stackalloc byte[XsaveLayout.LegacySize];
        int count = Fxsave.VectorCount(cpu);
        if ((components & XsaveLayout.X87) != 0)
        {
            Fxsave.WriteX87(ref s, image);
            cpu.StoreBytes(address, image[..24]);
            cpu.StoreBytes(address + 32, image[32..160]);
        }

        if (mxcsr)
        {
            Fxsave.WriteMxcsr(ref s, image);
            cpu.StoreBytes(address + 24, image[24..32]);
        }

        if ((components & XsaveLayout.Sse) != 0)
        {
            Fxsave.WriteXmm(ref s, image, count);
            cpu.StoreBytes(address + 160, image.Slice(160, 16 * count));
        }

        if ((components & XsaveLayout.Avx) != 0)
        {
            CopyUpper(ref s, image, count);
            cpu.StoreBytes(address + XsaveLayout.AvxOffset, image[..(16 * count)]);
        }
    }

    private static void CopyUpper(ref CpuState s, Span<byte> image, int count)
    {
        ReadOnlySpan<byte> vectors = MemoryMarshal.AsBytes((Span<ulong>)s.Vectors);
        for (int i = 0; i < count; i++)
        {
            vectors.Slice((32 * i) + 16, 16).CopyTo(image[(16 * i)..]);
        }
    }

    /// <summary>Components that EDX:EAX asks for and XCR0 has.</summary>
    internal static ulong Requested(Vcpu cpu)
    {
        ref CpuState s = ref cpu.State;
        return s.Xcr0 & ((uint)s.Rax | (s.Rdx << 32));
    }

    /// <summary>The address of an area that both the system and the alignment allow.</summary>
    internal static ulong CheckedAddress(Vcpu cpu, ref Op op, int size, bool write)
    {
        CheckConsent(cpu);
        ulong address = cpu.ElementAddress(ref op, 0, 0, size, write);
        if ((address & 63) != 0)
        {
            cpu.RaiseGp();
        }

        return address;
    }

    /// <summary>#UD without CR4.OSXSAVE, #NM with CR0.TS.</summary>
    internal static void CheckConsent(Vcpu cpu)
    {
        if ((cpu.State.Cr4 & Cr4OsXsave) == 0)
        {
            cpu.Raise(Vector.UD);
        }

        if ((cpu.State.Cr0 & Cr0Ts) != 0)
        {
            cpu.Raise(Vector.NM);
        }
    }

    /// <summary>#GP outside privilege level 0.</summary>
    internal static void CheckPrivilege(Vcpu cpu)
    {
        if (cpu.State.Cpl != 0)
        {
            cpu.RaiseGp();
        }
    }
}
