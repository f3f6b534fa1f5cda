using Guest.Machine.X86.Observe;
using Iced.Intel;

namespace Analysis.Plugins.Profiling;

/// <summary>What the walker has to know of a piece of code, in 24 bytes.</summary>
/// <param name="Pc">The address of its first byte.</param>
/// <param name="Next">The address behind its last.</param>
/// <param name="Count">Its instructions.</param>
/// <param name="Kind">What its last instruction does to the stack.</param>
/// <param name="Ring">The privilege level at which it runs.</param>
internal readonly record struct PieceFlow(ulong Pc, ulong Next, ushort Count, FlowKind Kind, byte Ring)
{
    /// <summary>Looks at a piece.</summary>
    internal static PieceFlow Of(CodePiece piece)
    {
        ulong next = piece.Pc.Value + (ulong)piece.Bytes;
        FlowKind kind = piece.Count == 0 ? FlowKind.Next : KindOf(piece.Instructions[^1].Code);

        // A call to the instruction behind it only asks where it is.
        const ulong Short = 32;
        ulong over = piece.Target is { } target ? target.Value - next : ulong.MaxValue;
        kind = kind != FlowKind.Call || over >= Short ? kind : over == 0 ? FlowKind.Next : FlowKind.ShortCall;
        return new PieceFlow(piece.Pc.Value, next, (ushort)piece.Count, kind, (byte)piece.Ring);
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
