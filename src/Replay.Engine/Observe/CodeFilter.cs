using Guest.Machine;
using Guest.Machine.X86.Observe;

namespace Replay.Engine.Observe;

/// <summary>Which code is observed. What does not pass is not instrumented where that can be known when code is translated.</summary>
public sealed record CodeFilter
{
    /// <summary>Only at this privilege level; null for all.</summary>
    public int? Ring { get; init; }

    /// <summary>The first linear address.</summary>
    public GuestVirtual First { get; init; }

    /// <summary>The last linear address.</summary>
    public GuestVirtual Last { get; init; } = new(ulong.MaxValue);

    /// <summary>Whether an instruction passes.</summary>
    public bool Passes(GuestVirtual pc, int ring) => (Ring is null || ring == Ring) && pc.Value >= First.Value && pc.Value <= Last.Value;

    /// <summary>Whether any instruction of a piece passes.</summary>
    internal bool Concerns(CodePiece piece) =>
        (Ring is null || piece.Ring == Ring) && piece.Pc.Value <= Last.Value && (piece.Count == 0 ? piece.Pc.Value : piece.PcOf(piece.Count - 1).Value) >= First.Value;
}
