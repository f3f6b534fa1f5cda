using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>XRSTOR and XRSTORS (Intel SDM 1 13.8, 13.12).</summary>
internal static class XsaveRestore
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Xrstor_mem, null, RestoreUser, ResultKind.Defined),
        new(Xrstor64_mem, null, RestoreUser, ResultKind.Defined),
        new(Xrstors_mem, null, RestoreSupervisor, ResultKind.System),
        new(Xrstors64_mem, null, RestoreSupervisor, ResultKind.System),
    ];

    private static void RestoreSupervisor(Vcpu cpu, ref Op op)
    {
        Xsave.CheckConsent(cpu);
        Xsave.CheckPrivilege(cpu);
        Restore(cpu, ref op, true);
    }

    private static void RestoreUser(Vcpu cpu, ref Op op) => Restore(cpu, ref op, false);

    private static void Restore(Vcpu cpu, ref Op op, bool onlyCompacted)
    {
        ulong requested = Xsave.Requested(cpu);
        ulong address = Xsave.CheckedAddress(cpu, ref op, XsaveLayout.StandardSize(requested), false);
        Span<byte> image = stackalloc byte[XsaveLayout.AvxOffset + XsaveLayout.AvxSize];
        cpu.ProbeRead(address, 1);
        cpu.LoadBytes(address + Xsave.StateBv, image[Xsave.StateBv..XsaveLayout.HeaderEnd]);
        ulong present = BinaryPrimitives.ReadUInt64LittleEndian(image[Xsave.StateBv..]);
        bool compacted = CheckHeader(cpu, image, onlyCompacted);
        cpu.ProbeArea(address, compacted ? XsaveLayout.CompactedSize(requested & present) : XsaveLayout.StandardSize(requested), 1, AccessKind.Read);
        cpu.LoadBytes(address, image[..Xsave.StateBv]);
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
        ulong present = BinaryPrimitives.ReadUInt64LittleEndian(image[Xsave.StateBv..]);
        ulong format = BinaryPrimitives.ReadUInt64LittleEndian(image[Xsave.CompBv..]);
        bool compacted = (format & XsaveLayout.Compacted) != 0;
        bool bad = compacted
            ? (format & ~XsaveLayout.Compacted & ~cpu.State.Xcr0) != 0 || (present & ~(format & ~XsaveLayout.Compacted)) != 0 || image[(Xsave.CompBv + 8)..XsaveLayout.HeaderEnd].ContainsAnyExcept((byte)0)
            : onlyCompacted || (present & ~cpu.State.Xcr0) != 0 || image.Slice(Xsave.CompBv, 16).ContainsAnyExcept((byte)0);
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
}
