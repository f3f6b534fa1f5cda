using Guest.Machine;
using Guest.Machine.State;
using Guest.Machine.X86.Observe;

namespace Replay.Engine.Observe;

/// <summary>How often pieces of code were executed, by whom, and where the jumps and calls at their ends led: what code and edges are counted from, as it was seen.</summary>
/// <remarks>The same code can be in it in several ways, whole and in parts; what it says of each instruction and edge does not depend on that.</remarks>
public sealed class CodeFlow : IPluginState
{
    private readonly PieceTally _counts = new();
    private FlowPiece[] _pieces = new FlowPiece[1 << 10];

    /// <summary>How many pieces there are.</summary>
    public int PieceCount { get; private set; }

    /// <summary>The pieces, by number.</summary>
    public ReadOnlySpan<FlowPiece> Pieces => _pieces.AsSpan(0, PieceCount);

    /// <summary>
    /// The counts by owner (<see cref="OwnerOf"/>) and piece. With target 0, how often it was executed; how often the jump or call at its end was taken, where its bytes do not say that
    /// (<see cref="FlowPiece.Target"/>) to the target of the count.
    /// </summary>
    public ReadOnlySpan<PieceCount> Counts => _counts.All;

    /// <summary>Whose code was counted.</summary>
    public static CodeOwner OwnerOf(in PieceCount count) => CodeOwner.Numbered(count.Owner);

    /// <summary>Adds those of another segment.</summary>
    /// <param name="next">The segment's.</param>
    /// <param name="owners">What its owners are here.</param>
    public void Add(CodeFlow next, Func<CodeOwner, CodeOwner> owners)
    {
        int first = PieceCount;
        foreach (FlowPiece piece in next.Pieces)
        {
            Add(piece);
        }

        foreach (PieceCount count in next.Counts)
        {
            Add(owners(OwnerOf(count)), first + count.Piece, count.Target, count.Count, count.Taken);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(PieceCount);
        foreach (FlowPiece piece in Pieces)
        {
            piece.Save(writer);
        }

        writer.WriteInt32(_counts.Count);
        foreach (PieceCount count in Counts)
        {
            CodeOwner.Save(writer, OwnerOf(count));
            writer.WriteInt32(count.Piece);
            writer.WriteUInt64(count.Target);
            writer.WriteUInt64((ulong)count.Count);
            writer.WriteUInt64((ulong)count.Taken);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            Add(FlowPiece.Load(reader));
        }

        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            Add(CodeOwner.Load(reader), reader.ReadIndex(PieceCount), reader.ReadUInt64(), (long)reader.ReadUInt64(), (long)reader.ReadUInt64());
        }
    }

    /// <summary>Adds a piece.</summary>
    /// <returns>Its number.</returns>
    internal int Add(in FlowPiece piece)
    {
        if (PieceCount == _pieces.Length)
        {
            Array.Resize(ref _pieces, 2 * PieceCount);
        }

        _pieces[PieceCount] = piece;
        return PieceCount++;
    }

    /// <summary>Adds executions.</summary>
    internal void Add(CodeOwner owner, int piece, ulong target, long count, long taken)
    {
        ref PieceCount known = ref _counts.Of(owner.Number, piece, target);
        known.Count += count;
        known.Taken += taken;
    }
}
