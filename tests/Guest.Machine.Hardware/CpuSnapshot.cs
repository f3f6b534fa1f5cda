using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Guest.Machine.Hardware;

/// <summary>The user-visible state of a CPU: what a case starts from and what it ends with.</summary>
/// <remarks>The layout is shared with emitted code (<c>Native/Stubs.cs</c>): 1024 bytes.</remarks>
[StructLayout(LayoutKind.Sequential)]
public struct CpuSnapshot
{
    /// <summary>RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.</summary>
    public Registers Gpr;

    /// <summary>The instruction pointer.</summary>
    public ulong Rip;

    /// <summary>RFLAGS; only the bits of <see cref="FlagBits"/> are meaningful.</summary>
    public ulong Rflags;

    /// <summary>The base of GS.</summary>
    public ulong GsBase;

    /// <summary>The base of FS: always the host thread's own.</summary>
    public ulong FsBase;

    private readonly ulong reserved0, reserved1, reserved2, reserved3;

    /// <summary>x87, SSE and AVX state in the standard format of XSAVE64 (Intel SDM 1, 13.4).</summary>
    public XsaveImage Xsave;

    /// <summary>CF, PF, AF, ZF, SF, DF, OF, NT, AC and ID.</summary>
    public const ulong FlagBits = 0x0024_4CD5;

    /// <summary>The bytes of one YMM register's lower half.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public Span<ulong> XmmLow(int register) => Xsave.Quads.Slice((160 + (16 * register)) / 8, 2);

    /// <summary>The bytes of one YMM register's upper half.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public Span<ulong> YmmHigh(int register) => Xsave.Quads.Slice((576 + (16 * register)) / 8, 2);

    /// <summary>The x87 register at a place of the stack, as two quadwords of which 10 bytes count.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public Span<ulong> Stack(int place) => Xsave.Quads.Slice((32 + (16 * place)) / 8, 2);

    /// <summary>MXCSR.</summary>
    public uint Mxcsr
    {
        readonly get => (uint)Xsave[3];
        set => Xsave[3] = value | ((ulong)0xFFFF << 32);
    }

    /// <summary>The x87 control word.</summary>
    public ushort ControlWord
    {
        readonly get => (ushort)Xsave[0];
        set => Xsave[0] = (Xsave[0] & ~0xFFFFUL) | value;
    }

    /// <summary>The x87 status word.</summary>
    public ushort StatusWord
    {
        readonly get => (ushort)(Xsave[0] >> 16);
        set => Xsave[0] = (Xsave[0] & ~0xFFFF_0000UL) | ((ulong)value << 16);
    }

    /// <summary>The abridged x87 tag word: a set bit is a register that holds a value, by physical number.</summary>
    public byte Tags
    {
        readonly get => (byte)(Xsave[0] >> 32);
        set => Xsave[0] = (Xsave[0] & ~0xFF_0000_0000UL) | ((ulong)value << 32);
    }

    /// <summary>Clears what compatibility mode cannot see: upper halves and registers 8 to 15, which it leaves undefined.</summary>
    public void CutTo32Bits()
    {
        for (int r = 0; r < 16; r++)
        {
            Gpr[r] = r < 8 ? (uint)Gpr[r] : 0;
        }
    }

    /// <summary>Sixteen general registers.</summary>
    [InlineArray(16)]
    public struct Registers
    {
        private ulong first;
    }

    /// <summary>832 bytes: the legacy area, the header and the upper halves of YMM.</summary>
    [InlineArray(104)]
    public struct XsaveImage
    {
        private ulong first;

        /// <summary>The image as quadwords.</summary>
        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public Span<ulong> Quads => this;
    }
}
