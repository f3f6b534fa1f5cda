using Guest.Machine.X86.Observe;
using Iced.Intel;

namespace Analysis.Plugins.Profiling;

/// <summary>What the walker has to know of a piece of code that changes the stack or the function.</summary>
/// <param name="Pc">The address of its first byte.</param>
/// <param name="Next">The address behind its last.</param>
/// <param name="Kind">What its last instruction does to the stack.</param>
/// <param name="Ring">The privilege level at which it runs.</param>
internal readonly record struct PieceFlow(ulong Pc, ulong Next, FlowKind Kind, byte Ring)
{
    /// <summary>The bits of <see cref="Shape"/> that count instructions.</summary>
    internal const uint CountMask = 0xFFF;

    /// <summary>The bit of <see cref="Shape"/> from which on there is more to do than to count.</summary>
    internal const uint Acts = 0x1000;

    /// <summary>Where in <see cref="Shape"/> the number of words behind the piece's own begins.</summary>
    internal const int WordsShift = 16;

    /// <summary>What is asked of every piece that is executed, in one word: its instructions, whether it does more than to run on, and how many words follow its own.</summary>
    internal static uint Shape(CodePiece piece, FlowKind kind) => (uint)piece.Count | (kind != FlowKind.Next || piece.Words > 0 ? Acts : 0) | ((uint)piece.Words << WordsShift);

    /// <summary>Looks at a piece.</summary>
    internal static PieceFlow Of(CodePiece piece)
    {
        ulong next = piece.Pc.Value + (ulong)piece.Bytes;
        FlowKind kind = piece.Count == 0 ? FlowKind.Next : KindOf(piece.Instructions[^1].Code);

        // A call to the instruction behind it only asks where it is.
        const ulong Short = 32;
        ulong over = piece.Target is { } target ? target.Value - next : ulong.MaxValue;
        kind = kind != FlowKind.Call || over >= Short ? kind : over == 0 ? FlowKind.Next : FlowKind.ShortCall;
        return new PieceFlow(piece.Pc.Value, next, kind, (byte)piece.Ring);
    }

    private static FlowKind KindOf(Code code) => code switch
    {
        Code.Syscall or Code.Sysenter => FlowKind.Enter,
        Code.Iretq or Code.Iretd or Code.Iretw or Code.Sysretq or Code.Sysretd or Code.Sysexitq or Code.Sysexitd => FlowKind.Leave,
        _ => Replay.Engine.Observe.Flow.Of(code) switch
        {
            FlowControl.Call or FlowControl.IndirectCall => FlowKind.Call,
            FlowControl.Return => FlowKind.Return,
            FlowControl.UnconditionalBranch or FlowControl.IndirectBranch => FlowKind.Jump,
            FlowControl.Interrupt => FlowKind.Enter,
            _ => FlowKind.Next,
        },
    };
}
