using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Guest.Machine.X86.Decode;
using static Guest.Machine.X86.ControlBits;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>FXSAVE and FXRSTOR (Intel SDM 2A), and the legacy region that XSAVE shares with them.</summary>
/// <remarks>The image is ours in every byte that is written: pointers zero, MXCSR_MASK FFFFh, reserved bytes of the slots zero.</remarks>
internal static class Fxsave
{
    private const int MxcsrAt = 24;
    private const int RegistersAt = 32;
    private const int XmmAt = 160;

    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Fxsave_m512byte, null, Save, ResultKind.Defined),
        new(Fxsave64_m512byte, null, Save, ResultKind.Defined),
        new(Fxrstor_m512byte, null, Restore, ResultKind.Defined),
        new(Fxrstor64_m512byte, null, Restore, ResultKind.Defined),
    ];

    /// <summary>Writes the x87 component: bytes 0 to 23 and 32 to 159.</summary>
    internal static void WriteX87(ref CpuState s, Span<byte> image)
    {
        ReadOnlySpan<byte> fx = X87State.Bytes(ref s);
        fx[..MxcsrAt].CopyTo(image);
        fx[RegistersAt..XmmAt].CopyTo(image[RegistersAt..]);
    }

    /// <summary>Writes MXCSR and its mask: bytes 24 to 31.</summary>
    internal static void WriteMxcsr(ref CpuState s, Span<byte> image)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(image[MxcsrAt..], s.Mxcsr);
        BinaryPrimitives.WriteUInt32LittleEndian(image[(MxcsrAt + 4)..], SimdControl.MxcsrMask);
    }

    /// <summary>Writes the XMM registers that the mode has.</summary>
    internal static void WriteXmm(ref CpuState s, Span<byte> image, int count)
    {
        ReadOnlySpan<byte> vectors = MemoryMarshal.AsBytes((Span<ulong>)s.Vectors);
        for (int i = 0; i < count; i++)
        {
            vectors.Slice(32 * i, 16).CopyTo(image[(XmmAt + (16 * i))..]);
        }
    }

    /// <summary>Loads the x87 component.</summary>
    internal static void ReadX87(ref CpuState s, ReadOnlySpan<byte> image)
    {
        ulong words = BinaryPrimitives.ReadUInt64LittleEndian(image);
        X87State.SetWords(ref s, (ushort)words, (ushort)(words >> 16), (byte)(words >> X87.FxTagsShift));
        for (int i = 0; i < 8; i++)
        {
            s.Fx[4 + (2 * i)] = BinaryPrimitives.ReadUInt64LittleEndian(image[(RegistersAt + (16 * i))..]);
            s.Fx[5 + (2 * i)] = BinaryPrimitives.ReadUInt16LittleEndian(image[(RegistersAt + (16 * i) + 8)..]);
        }
    }

    /// <summary>MXCSR as the image has it.</summary>
    internal static uint ReadMxcsr(ReadOnlySpan<byte> image) => BinaryPrimitives.ReadUInt32LittleEndian(image[MxcsrAt..]);

    /// <summary>Loads the XMM registers that the mode has.</summary>
    internal static void ReadXmm(ref CpuState s, ReadOnlySpan<byte> image, int count)
    {
        Span<byte> vectors = MemoryMarshal.AsBytes((Span<ulong>)s.Vectors);
        for (int i = 0; i < count; i++)
        {
            image.Slice(XmmAt + (16 * i), 16).CopyTo(vectors[(32 * i)..]);
        }
    }

    /// <summary>Vector registers that exist: 16 in 64-bit mode, 8 elsewhere.</summary>
    internal static int VectorCount(Vcpu cpu) => cpu.InLongMode64 ? 16 : 8;

    private static void Save(Vcpu cpu, ref Op op)
    {
        ulong address = CheckedAddress(cpu, ref op);
        cpu.ProbeFxsaveArea(address, AccessKind.Write);
        ref CpuState s = ref cpu.State;
        Span<byte> image = stackalloc byte[XmmAt + 256];
        WriteX87(ref s, image);
        WriteMxcsr(ref s, image);
        bool vectors = (s.Cr4 & Cr4OsFxsr) != 0;
        int count = vectors ? VectorCount(cpu) : 0;
        WriteXmm(ref s, image, count);
        cpu.StoreBytes(address, image[..(XmmAt + (16 * count))]);
    }

    private static void Restore(Vcpu cpu, ref Op op)
    {
        ulong address = CheckedAddress(cpu, ref op);
        Span<byte> image = stackalloc byte[XsaveLayout.LegacySize];
        cpu.ProbeFxsaveArea(address, AccessKind.Read);
        cpu.LoadBytes(address, image);
        ref CpuState s = ref cpu.State;
        bool vectors = (s.Cr4 & Cr4OsFxsr) != 0;
        uint mxcsr = ReadMxcsr(image);
        if (vectors && (mxcsr & ~SimdControl.MxcsrMask) != 0)
        {
            cpu.RaiseGp();
        }

        ReadX87(ref s, image);
        if (vectors)
        {
            s.Mxcsr = mxcsr;
            ReadXmm(ref s, image, VectorCount(cpu));
        }
    }

    private static ulong CheckedAddress(Vcpu cpu, ref Op op)
    {
        if ((cpu.State.Cr0 & (Cr0Em | Cr0Ts)) != 0)
        {
            cpu.Raise(Vector.NM);
        }

        ulong address = cpu.Address(ref op);
        if ((address & 15) != 0)
        {
            cpu.RaiseMisalignedFxsaveArea(address);
        }

        return address;
    }
}
