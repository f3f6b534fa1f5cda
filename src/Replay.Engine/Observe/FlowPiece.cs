using Guest.Machine;
using Guest.Machine.State;
using Guest.Machine.X86.Observe;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>Instructions that follow each other and were executed at one go. Where pieces are cut means nothing.</summary>
/// <param name="Pc">Linear address of the first byte.</param>
/// <param name="Ring">The privilege level.</param>
/// <param name="Last">The last instruction's form.</param>
/// <param name="Target">Where the jump or call that ends it leads, where its bytes say that; null otherwise.</param>
/// <param name="Instructions">The length of each instruction, and <see cref="Ends"/> where it ends a basic block: in the middle, a conditional jump that was not taken.</param>
public readonly record struct FlowPiece(GuestVirtual Pc, byte Ring, Code Last, GuestVirtual? Target, ReadOnlyMemory<byte> Instructions)
{
    /// <summary>The bit of an instruction that ends a basic block.</summary>
    public const byte Ends = 0x80;

    /// <summary>What a piece of a trace is.</summary>
    internal static FlowPiece Of(CodePiece piece)
    {
        byte[] instructions = new byte[piece.Count];
        for (int i = 0; i < instructions.Length; i++)
        {
            PieceInstruction op = piece.Instructions[i];
            instructions[i] = (byte)(op.Length | (Flow.EndsBlock(op.Code) ? Ends : 0));
        }

        return new FlowPiece(piece.Pc, (byte)piece.Ring, piece.Instructions[^1].Code, piece.Target, instructions);
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteUInt64(Pc.Value);
        writer.WriteByte(Ring);
        writer.WriteInt32((int)Last);
        writer.WriteBool(Target is not null);
        writer.WriteUInt64(Target.GetValueOrDefault().Value);
        writer.WriteInt32(Instructions.Length);
        foreach (byte instruction in Instructions.Span)
        {
            writer.WriteByte(instruction);
        }
    }

    internal static FlowPiece Load(StateReader reader)
    {
        (GuestVirtual pc, byte ring, Code last) = (new GuestVirtual(reader.ReadUInt64()), reader.ReadByte(), (Code)reader.ReadInt32());
        bool hasTarget = reader.ReadBool();
        GuestVirtual target = new(reader.ReadUInt64());
        byte[] instructions = new byte[reader.ReadIndex(1 << 16)];
        for (int i = 0; i < instructions.Length; i++)
        {
            instructions[i] = reader.ReadByte();
        }

        return new FlowPiece(pc, ring, last, hasTarget ? target : null, instructions);
    }
}
