using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Guest.Machine.X86.Decode;
using static Guest.Machine.X86.ControlBits;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>The XSAVE family (Intel SDM 1 13.7 to 13.12), XGETBV and XSETBV.</summary>
/// <remarks>
/// A component is in its initial state exactly when its registers hold their initial values. XSAVEOPT and XSAVES leave such components
/// out and never leave one out for not having been modified.
/// </remarks>
internal static class Xsave
{
    private const int StateBv = 512;
    private const int CompBv = 520;

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
        new(Xrstor_mem, null, RestoreUser, ResultKind.Defined),
        new(Xrstor64_mem, null, RestoreUser, ResultKind.Defined),
        new(Xrstors_mem, null, RestoreSupervisor, ResultKind.System),
        new(Xrstors64_mem, null, RestoreSupervisor, ResultKind.System),
        new(Xgetbv, GetExtendedControl, null, ResultKind.System),
        new(Xsetbv, SetExtendedControl, null, ResultKind.System),
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

    private static void RestoreSupervisor(Vcpu cpu, ref Op op)
    {
        CheckConsent(cpu);
        CheckPrivilege(cpu);
        Restore(cpu, ref op, true);
    }

    private static void RestoreUser(Vcpu cpu, ref Op op) => Restore(cpu, ref op, false);

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

    private static void Restore(Vcpu cpu, ref Op op, bool onlyCompacted)
    {
        ulong requested = Requested(cpu);
        ulong address = CheckedAddress(cpu, ref op, XsaveLayout.StandardSize(requested), false);
        Span<byte> image = stackalloc byte[XsaveLayout.AvxOffset + XsaveLayout.AvxSize];
        cpu.ProbeRead(address, 1);
        cpu.LoadBytes(address + StateBv, image[StateBv..XsaveLayout.HeaderEnd]);
        ulong present = BinaryPrimitives.ReadUInt64LittleEndian(image[StateBv..]);
        bool compacted = CheckHeader(cpu, image, onlyCompacted);
        cpu.ProbeArea(address, XsaveLayout.StandardSize(requested), 1, AccessKind.Read);
        cpu.LoadBytes(address, image[..StateBv]);
        bool fromImage = compacted
            ? (requested & present & XsaveLayout.Sse) != 0
            : (requested & (XsaveLayout.Sse | XsaveLayout.Avx)) != 0;
        uint mxcsr = Fxsave.ReadMxcsr(image);
        if (fromImage && (mxcsr & ~SimdControl.MxcsrMask) != 0)
        {
            cpu.RaiseGp();
        }

        if ((requested & present & XsaveLayout.Avx) != 0)
        {
            cpu.LoadBytes(address + XsaveLayout.AvxOffset, image[XsaveLayout.AvxOffset..]);
        }

        Load(cpu, image, requested, present);
        ref CpuState s = ref cpu.State;
        s.Mxcsr = fromImage ? mxcsr : compacted && (requested & XsaveLayout.Sse) != 0 ? SimdControl.InitialMxcsr : s.Mxcsr;
    }

    // Intel SDM 1 13.8: what in the header raises #GP.
    private static bool CheckHeader(Vcpu cpu, ReadOnlySpan<byte> image, bool onlyCompacted)
    {
        ulong present = BinaryPrimitives.ReadUInt64LittleEndian(image[StateBv..]);
        ulong format = BinaryPrimitives.ReadUInt64LittleEndian(image[CompBv..]);
        bool compacted = (format & XsaveLayout.Compacted) != 0;
        bool bad = compacted
            ? (format & ~XsaveLayout.Compacted & ~cpu.State.Xcr0) != 0 || (present & ~format) != 0 || image[(CompBv + 8)..XsaveLayout.HeaderEnd].ContainsAnyExcept((byte)0)
            : onlyCompacted || (present & ~cpu.State.Xcr0) != 0 || image.Slice(CompBv, 16).ContainsAnyExcept((byte)0);
        if (bad)
        {
            cpu.RaiseGp();
        }

        return compacted;
    }

    private static void Load(Vcpu cpu, Span<byte> image, ulong requested, ulong present)
    {
        ref CpuState s = ref cpu.State;
        int count = Fxsave.VectorCount(cpu);
        if ((requested & XsaveLayout.X87) != 0)
        {
            LoadX87(ref s, image, (present & XsaveLayout.X87) != 0);
        }

        if ((requested & XsaveLayout.Sse) != 0)
        {
            ClearWhereAbsent(image.Slice(160, 256), present, XsaveLayout.Sse);
            Fxsave.ReadXmm(ref s, image, count);
        }

        if ((requested & XsaveLayout.Avx) != 0)
        {
            Span<byte> upper = image[XsaveLayout.AvxOffset..];
            ClearWhereAbsent(upper, present, XsaveLayout.Avx);
            Span<byte> vectors = MemoryMarshal.AsBytes((Span<ulong>)s.Vectors);
            for (int i = 0; i < count; i++)
            {
                upper.Slice(16 * i, 16).CopyTo(vectors[((32 * i) + 16)..]);
            }
        }
    }

    private static void LoadX87(ref CpuState s, Span<byte> image, bool present)
    {
        if (!present)
        {
            image[..24].Clear();
            image[32..160].Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(image, X87.InitialControl);
        }

        Fxsave.ReadX87(ref s, image);
    }

    private static void ClearWhereAbsent(Span<byte> component, ulong present, ulong bit)
    {
        if ((present & bit) == 0)
        {
            component.Clear();
        }
    }

    private static ulong Requested(Vcpu cpu)
    {
        ref CpuState s = ref cpu.State;
        return s.Xcr0 & ((uint)s.Rax | (s.Rdx << 32));
    }

    private static ulong CheckedAddress(Vcpu cpu, ref Op op, int size, bool write)
    {
        CheckConsent(cpu);
        ulong address = cpu.ElementAddress(ref op, 0, size, write);
        if ((address & 63) != 0)
        {
            cpu.RaiseGp();
        }

        return address;
    }

    private static void CheckConsent(Vcpu cpu)
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

    private static void CheckPrivilege(Vcpu cpu)
    {
        if (cpu.State.Cpl != 0)
        {
            cpu.RaiseGp();
        }
    }

    private static void GetExtendedControl(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        if ((s.Cr4 & Cr4OsXsave) == 0)
        {
            cpu.Raise(Vector.UD);
        }

        if ((uint)s.Rcx > 1)
        {
            cpu.RaiseGp();
        }

        ulong value = (uint)s.Rcx == 0 ? s.Xcr0 : s.Xcr0 & InUse(cpu);
        s.Rax = (uint)value;
        s.Rdx = value >> 32;
    }

    private static void SetExtendedControl(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        if ((s.Cr4 & Cr4OsXsave) == 0)
        {
            cpu.Raise(Vector.UD);
        }

        ulong value = (uint)s.Rax | (s.Rdx << 32);
        bool consistent = (value & XsaveLayout.X87) != 0 && (value & (XsaveLayout.Sse | XsaveLayout.Avx)) != XsaveLayout.Avx;
        if (s.Cpl != 0 || (uint)s.Rcx != 0 || !consistent || (value & ~(ulong)cpu.Model.Query(0xD, 0).Eax) != 0)
        {
            cpu.RaiseGp();
        }

        s.Xcr0 = value;
    }
}
