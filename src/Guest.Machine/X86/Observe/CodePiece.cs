namespace Guest.Machine.X86.Observe;

/// <summary>Instructions that follow each other and that an engine executes at one go. Where pieces are cut is the engine's choice and means nothing.</summary>
public sealed class CodePiece
{
    private readonly ReadOnlyMemory<PieceInstruction> _instructions;
    private readonly CodeTrace _trace;
    private readonly PassedJump[] _passed;
    private CodePiece?[]? _shorter;
    private PieceAccess[]? _accesses;

    internal CodePiece(CodeTrace trace, int number, GuestVirtual pc, int ring, ReadOnlyMemory<PieceInstruction> instructions, GuestVirtual? target, PassedJump[] passed, bool isEmitted = false)
    {
        IsEmitted = isEmitted;
        (_trace, Number, Pc, Ring, _instructions, Target, _passed) = (trace, number, pc, ring, instructions, target, passed);
    }

    /// <summary>Its number in the trace, from 0.</summary>
    public int Number { get; }

    /// <summary>Linear address of its first byte.</summary>
    public GuestVirtual Pc { get; }

    /// <summary>The privilege level at which it runs.</summary>
    public int Ring { get; }

    /// <summary>Its instructions; none where something happened at <see cref="Pc"/> without an instruction's retiring.</summary>
    public ReadOnlySpan<PieceInstruction> Instructions => _instructions.Span;

    /// <summary>Instructions.</summary>
    public int Count => _instructions.Length;

    /// <summary>Bytes of all its instructions.</summary>
    public int Bytes => Instructions is [.., { } last] ? last.Offset + last.Length : 0;

    /// <summary>Where the jump or call that ends it leads, where its bytes say that; null otherwise.</summary>
    public GuestVirtual? Target { get; }

    /// <summary>Whether its executions are counted (<see cref="TraceChoice.Counts"/>).</summary>
    public bool IsCounted { get; internal set; }

    /// <summary>Linear address of an instruction.</summary>
    public GuestVirtual PcOf(int index) => new(Pc.Value + Instructions[index].Offset);

    /// <summary>The conditional jumps in its middle, none of which was taken.</summary>
    public ReadOnlySpan<PassedJump> Passed => _passed;

    /// <summary>Whether it is left by a conditional jump in the middle of a longer one, which is always taken.</summary>
    public bool IsExit { get; private init; }

    /// <summary>Whether its <see cref="Passed"/> jumps have pieces of their own where they are taken, which are counted here too (<see cref="PassedJump.Exit"/>).</summary>
    public bool HasExits { get; private set; }

    /// <summary>What emitted code accesses when it executes the piece, in order; none where accesses are not taken down, and of what the interpreter executes.</summary>
    public ReadOnlySpan<PieceAccess> Accesses => _accesses;

    /// <summary>Words behind its number in the trace with which its <see cref="Accesses"/> are found.</summary>
    public int Words { get; private set; }

    /// <summary>Whether it belongs to emitted code that takes down its accesses.</summary>
    internal bool IsEmitted { get; }

    /// <summary>Whether it is in the table by what it is, and not only by its number.</summary>
    internal bool IsFound { get; set; }

    /// <summary>Another piece in the same place of the table of all; null where there is none.</summary>
    internal CodePiece? Next { get; set; }

    /// <summary>The piece that ends before an instruction.</summary>
    internal CodePiece Shorter(int count) => (_shorter ??= new CodePiece?[Count])[count] ??= MakeShorter(count);

    private CodePiece MakeShorter(int count)
    {
        PassedJump[] passed = [.. _passed.Where(jump => jump.Index < count - 1).Select(jump => jump with { Exit = 0 })];
        CodePiece shorter = _trace.AddPiece(Pc, Ring, _instructions[..count], TargetOf(count - 1), passed, IsEmitted, isShorter: true);
        shorter.TakeLayout(Accesses);
        return shorter;
    }

    /// <summary>Says what emitted code accesses when it executes the piece.</summary>
    /// <returns>False where that was something else before: the same instructions with other operands.</returns>
    internal bool Lay(ReadOnlySpan<PieceAccess> accesses)
    {
        if (_accesses is { } known)
        {
            return accesses.SequenceEqual(known);
        }

        TakeLayout(accesses);
        for (int jump = 0; HasExits && jump < _passed.Length; jump++)
        {
            _trace.Pieces[_passed[jump].Exit].TakeLayout(accesses);
        }

        return true;
    }

    private void TakeLayout(ReadOnlySpan<PieceAccess> accesses)
    {
        int count = 0;
        while (count < accesses.Length && accesses[count].Index < Count)
        {
            Words = Math.Max(Words, accesses[count++].Word + _trace.WordsOfSearch);
        }

        _accesses = accesses[..count].ToArray();
    }

    /// <summary>Makes the piece that is executed where a conditional jump in the middle is taken: one of its own, however many are alike.</summary>
    internal CodePiece MakeExit(CodeTrace trace, int number, int jump)
    {
        HasExits = true;
        _passed[jump] = _passed[jump] with { Exit = number };
        return new CodePiece(trace, number, Pc, Ring, _instructions[..(_passed[jump].Index + 1)], _passed[jump].Target, _passed[..jump]) { IsExit = true, IsCounted = IsCounted };
    }

    // Where the conditional jump in the middle that an instruction is leads; null for others.
    private GuestVirtual? TargetOf(int index)
    {
        foreach (ref readonly PassedJump jump in Passed)
        {
            if (jump.Index == index)
            {
                return jump.Target;
            }
        }

        return null;
    }
}
