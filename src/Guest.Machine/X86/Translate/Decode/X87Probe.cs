using Guest.Machine.Native;
using Guest.Machine.X86.HostCode;
using Iced.Intel;

namespace Guest.Machine.X86.Translate.Decode;

/// <summary>Asks the host's own unit whether an x87 instruction leaves the condition codes alone that the manual leaves open, as ours do (docs/defined-results.md).</summary>
/// <remarks>Every processor that is known does; one that does not gets the interpreter for that instruction.</remarks>
internal static class X87Probe
{
    private const int ImageBytes = 512;
    private const int Alignment = 64;
    private const ulong HostMxcsr = 0x0000_FFFF_0000_1F80;

    /// <summary>Executes an instruction with all codes set and with all clear, on a full stack of ones and on an empty one.</summary>
    internal static bool KeepsCodes(in Instruction instruction)
    {
        byte[] room = GC.AllocateArray<byte>(ImageBytes + (2 * Alignment), pinned: true);
        nint image = (Raw.AddressOf(ref room[0]) + Alignment - 1) & -Alignment;
        nint stub = X87Stubs.Find(instruction);
        const ushort All = X87.C0 | X87.C2 | X87.C3;
        ushort kept = instruction.Mnemonic is Mnemonic.Fsin or Mnemonic.Fcos or Mnemonic.Fsincos or Mnemonic.Fptan ? (ushort)(All & ~X87.C2) : All;
        foreach (ushort codes in (ReadOnlySpan<ushort>)[0, kept])
        {
            foreach (ulong tags in (ReadOnlySpan<ulong>)[0, 0xFF])
            {
                Fill(image, codes, tags);
                _ = StubCall.X87(stub, image, image + ImageBytes, 2);
                if ((Raw.Load<ushort>(image + 2) & kept) != codes)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void Fill(nint image, ushort codes, ulong tags)
    {
        Raw.Span(image, ImageBytes + Alignment).Clear();
        Raw.Store(image, X87.InitialControl | ((ulong)codes << 16) | (tags << X87.FxTagsShift));
        Raw.Store(image + 24, HostMxcsr);
        for (int register = 0; register < 8; register++)
        {
            Raw.Store(image + 32 + (16 * register), 1UL << 63);
            Raw.Store(image + 40 + (16 * register), 0x3FFFUL);
        }
    }
}
