using Guest.Machine;
using Guest.Machine.X86.Observe;
using Iced.Intel;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Coverage;

/// <summary>Executed instructions and edges by file and address, of all programs together.</summary>
/// <remarks>A piece of code is looked at once for each place in a file that it has, however many programs executed it.</remarks>
internal sealed class CoveredCode
{
    private const int KindShift = 32;
    private readonly CodeFlow _flow;
    private readonly GuestPrograms _programs;
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<string> _modules = [];
    private readonly AddressTable _instructions = new();
    private readonly AddressTable _targets = new();
    private readonly AddressTable _edges = new();
    private readonly PlacedPiece?[] _placed;
    private CoveredInstruction[] _details = new CoveredInstruction[1 << 10];
    private readonly bool[] _isLedTo;
    private (int Next, long Count)[] _edgeDetails = new (int, long)[1 << 10];

    /// <param name="flow">What ran.</param>
    /// <param name="programs">Whose it is.</param>
    /// <param name="isWanted">Whose is looked at.</param>
    internal CoveredCode(CodeFlow flow, GuestPrograms programs, Func<CodeOwner, bool> isWanted)
    {
        (_flow, _programs, _placed) = (flow, programs, new PlacedPiece?[flow.PieceCount]);
        ReadOnlySpan<PieceCount> counts = flow.Counts;
        Executed = new CoveredCount[counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            CodeOwner owner = CodeFlow.OwnerOf(counts[i]);
            if (isWanted(owner))
            {
                Executed[Count++] = Add(owner, counts[i]);
            }
        }

        _isLedTo = new bool[_targets.Count];
        for (int edge = 0; edge < _edges.Count; edge++)
        {
            _isLedTo[(int)_edges[edge].Second] |= _edgeDetails[edge].Count > 0;
        }
    }

    /// <summary>What was executed, by whom; as many as <see cref="Count"/> says.</summary>
    internal CoveredCount[] Executed { get; }

    /// <summary>How many <see cref="Executed"/> are.</summary>
    internal int Count { get; private set; }

    /// <summary>How many instructions there are.</summary>
    internal int InstructionCount => _instructions.Count;

    /// <summary>How many edges there are; some may not have been taken.</summary>
    internal int EdgeCount => _edges.Count;

    /// <summary>The files, by number.</summary>
    internal IReadOnlyList<string> Modules => _modules;

    /// <summary>An instruction by its number.</summary>
    internal ref readonly CoveredInstruction this[int instruction] => ref _details[instruction];

    /// <summary>How often the instruction at an address retired; 0 where it did not.</summary>
    internal long CountAt(string module, ulong address) =>
        _numbers.TryGetValue(module, out int number) && _instructions.Find((ulong)number, address) is >= 0 and int found ? _details[found].Count : 0;

    /// <summary>How often an edge was taken.</summary>
    internal long CountOf(int edge) => _edgeDetails[edge].Count;

    /// <summary>Whether an edge that was taken leads to an address.</summary>
    internal bool IsTarget(int module, ulong address) => _targets.Find((ulong)module, address) is >= 0 and int target && _isLedTo[target];

    /// <summary>The addresses of a file at which instructions were executed, ascending.</summary>
    internal ulong[] AddressesOf(int module)
    {
        int count = 0;
        for (int i = 0; i < _instructions.Count; i++)
        {
            count += _instructions[i].First == (ulong)module ? 1 : 0;
        }

        ulong[] addresses = new ulong[count];
        for (int i = _instructions.Count - 1; i >= 0; i--)
        {
            if (_instructions[i].First == (ulong)module)
            {
                addresses[--count] = _instructions[i].Second;
            }
        }

        Array.Sort(addresses);
        return addresses;
    }

    /// <summary>The number of the instruction at an address of a file.</summary>
    internal int At(int module, ulong address) => _instructions.Find((ulong)module, address);

    /// <summary>The edges that begin at an instruction and were taken, by target.</summary>
    internal List<KeyValuePair<CoveredEdge, long>> EdgesFrom(int module, ulong address)
    {
        List<KeyValuePair<CoveredEdge, long>> found = [];
        for (int edge = _details[At(module, address)].FirstEdge - 1; edge >= 0; edge = _edgeDetails[edge].Next - 1)
        {
            if (_edgeDetails[edge].Count > 0)
            {
                (ulong targetModule, ulong target) = _targets[(int)_edges[edge].Second];
                FlowControl kind = (FlowControl)(_edges[edge].First >> KindShift);
                found.Add(new(new CoveredEdge(_modules[module], address, _modules[(int)targetModule], target, kind), _edgeDetails[edge].Count));
            }
        }

        found.Sort((left, right) =>
        {
            int order = string.CompareOrdinal(left.Key.TargetModule, right.Key.TargetModule);
            order = order != 0 ? order : left.Key.Target.CompareTo(right.Key.Target);
            return order != 0 ? order : left.Key.Kind.CompareTo(right.Key.Kind);
        });
        return found;
    }

    private CoveredCount Add(CodeOwner owner, in PieceCount count)
    {
        FlowPiece piece = _flow.Pieces[count.Piece];
        PlacedPiece placed = PlacedOf(owner, count.Piece, piece);
        int led = piece.Target is null && count.Taken > 0 ? EdgeTo(placed.Instructions[^1], owner, new GuestVirtual(count.Target), Flow.Of(piece.Last)) : -1;
        foreach (int instruction in placed.Instructions)
        {
            _details[instruction].Count += count.Count;
        }

        CoveredCount executed = new(owner, placed, count.Count, count.Taken, led);
        foreach ((int edge, long times) in executed.Edges)
        {
            _edgeDetails[edge].Count += times;
        }

        return executed;
    }

    private PlacedPiece PlacedOf(CodeOwner owner, int number, in FlowPiece piece)
    {
        (int module, ulong address) = Locate(owner, piece.Pc);
        int last = piece.Instructions.Length - 1;
        int taken = -1, passed = -1;
        int[]? instructions = null;
        if (piece.Target is { } target)
        {
            instructions = _placed[number] is { } some && some.Module == module && some.Address == address ? some.Instructions : Place(owner, piece, module, address);
            taken = EdgeTo(instructions[last], owner, target, Flow.Of(piece.Last));
            passed = Flow.Of(piece.Last) == FlowControl.ConditionalBranch ? EdgeTo(instructions[last], owner, BehindOf(piece), FlowControl.ConditionalBranch) : -1;
        }

        for (PlacedPiece? known = _placed[number]; known is not null; known = known.Next)
        {
            if (known.Module == module && known.Address == address && known.Taken == taken && known.Passed == passed)
            {
                return known;
            }
        }

        instructions ??= Place(owner, piece, module, address);
        return _placed[number] = new PlacedPiece(module, address, instructions, taken, passed, InnerOf(owner, piece, instructions)) { Next = _placed[number] };
    }

    // The conditional jumps in a piece's middle, to what lies behind them: in the same file, as the whole piece does.
    private int[] InnerOf(CodeOwner owner, in FlowPiece piece, int[] instructions)
    {
        List<int>? edges = null;
        ulong behind = piece.Pc.Value;
        ReadOnlySpan<byte> lengths = piece.Instructions.Span;
        for (int i = 0; i < lengths.Length - 1; i++)
        {
            behind += lengths[i] & ~(uint)FlowPiece.Ends;
            if ((lengths[i] & FlowPiece.Ends) != 0)
            {
                (edges ??= []).Add(EdgeTo(instructions[i], owner, new GuestVirtual(behind), FlowControl.ConditionalBranch));
            }
        }

        return edges is null ? [] : [.. edges];
    }

    private static GuestVirtual BehindOf(in FlowPiece piece)
    {
        ulong behind = piece.Pc.Value;
        foreach (byte instruction in piece.Instructions.Span)
        {
            behind += instruction & ~(uint)FlowPiece.Ends;
        }

        return new GuestVirtual(behind);
    }

    private int[] Place(CodeOwner owner, in FlowPiece piece, int module, ulong address)
    {
        int[] placed = new int[piece.Instructions.Length];
        ulong at = 0;
        for (int i = 0; i < placed.Length; i++)
        {
            byte instruction = piece.Instructions.Span[i];
            placed[i] = _instructions.Of((ulong)module, address + at);
            if (placed[i] >= _details.Length)
            {
                Array.Resize(ref _details, 2 * placed[i]);
            }

            ref CoveredInstruction known = ref _details[placed[i]];
            byte length = (byte)(instruction & ~FlowPiece.Ends);
            known.Length = Math.Max(known.Length, length);
            known.Ends |= (instruction & FlowPiece.Ends) != 0;
            (known.Owner, known.Pc) = (owner, new GuestVirtual(piece.Pc.Value + at));
            at += length;
        }

        return placed;
    }

    private int EdgeTo(int from, CodeOwner owner, GuestVirtual target, FlowControl kind)
    {
        (int module, ulong address) = Locate(owner, target);
        int count = _edges.Count;
        int edge = _edges.Of((uint)from | ((ulong)kind << KindShift), (uint)_targets.Of((ulong)module, address));
        if (edge == count)
        {
            if (edge >= _edgeDetails.Length)
            {
                Array.Resize(ref _edgeDetails, 2 * edge);
            }

            _edgeDetails[edge] = (_details[from].FirstEdge, 0);
            _details[from].FirstEdge = edge + 1;
        }

        return edge;
    }

    private (int Module, ulong Address) Locate(CodeOwner owner, GuestVirtual pc)
    {
        (string module, ulong address) = _programs.FileOf(owner, pc);
        if (!_numbers.TryGetValue(module, out int number))
        {
            _numbers.Add(module, number = _modules.Count);
            _modules.Add(module);
        }

        return (number, address);
    }
}
