namespace Guest.Machine.X86.Observe;

/// <summary>Instructions that follow each other and that an engine executes at one go. Where pieces are cut is the engine's choice and means nothing.</summary>
public sealed class CodePiece
{
    private readonly PieceInstruction[] _instructions;
    private readonly CodeTrace _trace;
    private CodePiece?[]? _shorter;

    internal CodePiece(CodeTrace trace, int number, GuestVirtual pc, int ring, PieceInstruction[] instructions, GuestVirtual? target)
    {
        (_trace, Number, Pc, Ring, _instructions, Target) = (trace, number, pc, ring, instructions, target);
    }

    /// <summary>Its number in the trace, from 0.</summary>
    public int Number { get; }

    /// <summary>Linear address of its first byte.</summary>
    public GuestVirtual Pc { get; }

    /// <summary>The privilege level at which it runs.</summary>
    public int Ring { get; }

    /// <summary>Its instructions; none where something happened at <see cref="Pc"/> without an instruction's retiring.</summary>
    public ReadOnlySpan<PieceInstruction> Instructions => _instructions;

    /// <summary>Instructions.</summary>
    public int Count => _instructions.Length;

    /// <summary>Bytes of all its instructions.</summary>
    public int Bytes => _instructions is [.., { } last] ? last.Offset + last.Length : 0;

    /// <summary>Where the jump or call that ends it leads, where its bytes say that; null otherwise.</summary>
    public GuestVirtual? Target { get; }

    /// <summary>Whether its executions are counted (<see cref="TraceChoice.Counts"/>).</summary>
    public bool IsCounted { get; internal set; }

    /// <summary>Linear address of an instruction.</summary>
    public GuestVirtual PcOf(int index) => new(Pc.Value + _instructions[index].Offset);

    /// <summary>Another piece in the same place of the table of all; null where there is none.</summary>
    internal CodePiece? Next { get; set; }

    /// <summary>The piece that ends before an instruction.</summary>
    internal CodePiece Shorter(int count)
    {
        _shorter ??= new CodePiece?[_instructions.Length];
        return _shorter[count] ??= _trace.AddPiece(Pc, Ring, _instructions[..count], null);
    }
}
