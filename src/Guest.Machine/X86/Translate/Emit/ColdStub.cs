using Guest.Machine.X86.Translate.Analyse;

namespace Guest.Machine.X86.Translate.Emit;

/// <summary>Code that a block needs beside its ordinary path; written behind it, in the cold region.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Jump">Where the displacement of the jump to it stands.</param>
/// <param name="Back">Where it goes on afterwards.</param>
/// <param name="Index">The instruction.</param>
/// <param name="Size">Bytes of the access.</param>
/// <param name="Write">Whether the access writes.</param>
/// <param name="Repeat">The instruction from whose registers the flags are had again, or -1 where they are in memory.</param>
/// <param name="Target">For jumps: the target, counted from the page's beginning.</param>
/// <param name="Group">The group that the access leads; otherwise its span is 0.</param>
/// <param name="WithFlags">For jumps: whether the flags are in the processor.</param>
/// <param name="After">For stores of a vector register: where the next instruction begins.</param>
/// <param name="Found">For accesses: where it goes on with the host page in RCX and the offset in RAX.</param>
internal readonly record struct ColdStub(
    ColdKind Kind, nint Jump, nint Back, int Index, int Size = 0, bool Write = false, int Repeat = -1, long Target = 0, AccessGroup Group = default, bool WithFlags = false, nint Found = 0, nint After = 0);
