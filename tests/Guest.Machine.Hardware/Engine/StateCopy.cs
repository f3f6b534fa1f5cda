using System.Runtime.InteropServices;
using Guest.Machine.X86;

namespace Guest.Machine.Hardware.Engine;

/// <summary>Moves a snapshot into a vCPU and back.</summary>
internal static class StateCopy
{
    /// <summary>Sets the vCPU's user-visible state.</summary>
    public static void Load(Vcpu cpu, in CpuSnapshot from)
    {
        ref CpuState s = ref cpu.State;
        CpuSnapshot copy = from;
        ((ReadOnlySpan<ulong>)copy.Gpr).CopyTo(MemoryMarshal.CreateSpan(ref s.Rax, 16));
        s.Rip = from.Rip;
        s.Segments[(int)SegmentName.Gs].Base = from.GsBase;
        s.Segments[(int)SegmentName.Fs].Base = from.FsBase;
        Span<ulong> image = copy.Xsave.Quads;
        Span<ulong> fx = s.Fx;
        image[..20].CopyTo(fx);
        s.Mxcsr = from.Mxcsr;
        Span<ulong> vectors = s.Vectors;
        for (int r = 0; r < 16; r++)
        {
            copy.XmmLow(r).CopyTo(vectors[(4 * r)..]);
            copy.YmmHigh(r).CopyTo(vectors[((4 * r) + 2)..]);
        }

        cpu.SetFlags(from.Rflags);
    }

    /// <summary>Reads it back.</summary>
    public static void Store(Vcpu cpu, ref CpuSnapshot to)
    {
        ref CpuState s = ref cpu.State;
        MemoryMarshal.CreateReadOnlySpan(ref s.Rax, 16).CopyTo(to.Gpr);
        to.Rip = s.Rip;
        to.GsBase = s.Segments[(int)SegmentName.Gs].Base;
        to.FsBase = s.Segments[(int)SegmentName.Fs].Base;
        Span<ulong> image = to.Xsave.Quads;
        Span<ulong> fx = s.Fx;
        fx[..20].CopyTo(image);
        to.Mxcsr = s.Mxcsr;
        Span<ulong> vectors = s.Vectors;
        for (int r = 0; r < 16; r++)
        {
            vectors.Slice(4 * r, 2).CopyTo(to.XmmLow(r));
            vectors.Slice((4 * r) + 2, 2).CopyTo(to.YmmHigh(r));
        }

        to.Rflags = cpu.GetFlags();
    }
}
