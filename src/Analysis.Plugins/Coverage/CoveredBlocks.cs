using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Coverage;

/// <summary>The basic blocks that executed instructions make, and what is said of them.</summary>
internal sealed class CoveredBlocks
{
    // Bytes of the block that begins at an instruction; 0 where none does.
    private readonly long[] _bytes;
    private readonly CoveredCode _code;

    /// <param name="code">The instructions.</param>
    /// <param name="programs">Whose they are.</param>
    internal CoveredBlocks(CoveredCode code, GuestPrograms programs)
    {
        (_code, _bytes) = (code, new long[code.InstructionCount]);
        foreach (int module in Enumerable.Range(0, code.Modules.Count).OrderBy(module => code.Modules[module], StringComparer.Ordinal))
        {
            ulong[] addresses = code.AddressesOf(module);
            for (int first = 0, next; first < addresses.Length; first = next)
            {
                next = EndOf(module, addresses, first, out ulong bytes);
                int start = code.At(module, addresses[first]);
                _bytes[start] = (long)bytes;
                All.Add(new CoveredBlock(
                    code.Modules[module], addresses[first], bytes, next - first, code[start].Count, programs.PlaceOf(code[start].Owner, code[start].Pc).Function));
            }

            foreach (ulong address in addresses)
            {
                if (code[code.At(module, address)].FirstEdge != 0)
                {
                    Edges.AddRange(code.EdgesFrom(module, address));
                }
            }
        }
    }

    /// <summary>The blocks by file and address.</summary>
    internal List<CoveredBlock> All { get; } = [];

    /// <summary>The edges that were taken by file, address and target.</summary>
    internal List<KeyValuePair<CoveredEdge, long>> Edges { get; } = [];

    /// <summary>What each program executed of each file.</summary>
    internal IEnumerable<CoveredProgram> Programs()
    {
        int[] seen = new int[_code.InstructionCount];
        int[] seenEdges = new int[_code.EdgeCount];
        int turn = 0;
        foreach (IGrouping<Replay.Engine.Observe.CodeOwner, CoveredCount> owned in _code.Executed.Take(_code.Count).GroupBy(count => count.Owner).OrderBy(group => group.Key))
        {
            turn++;
            CoveredProgram[] sums = [.. _code.Modules.Select(module => new CoveredProgram(owned.Key, module, 0, 0, 0, 0))];
            foreach (CoveredCount count in owned)
            {
                ref CoveredProgram sum = ref sums[count.Piece.Module];
                long blocks = 0, bytes = 0, edges = 0;
                foreach (int instruction in count.Piece.Instructions)
                {
                    bool isNew = seen[instruction] != turn && _bytes[instruction] > 0;
                    seen[instruction] = turn;
                    blocks += isNew ? 1 : 0;
                    bytes += isNew ? _bytes[instruction] : 0;
                }

                foreach ((int edge, _) in count.Edges)
                {
                    edges += seenEdges[edge] != turn ? 1 : 0;
                    seenEdges[edge] = turn;
                }

                sum = sum with
                {
                    Blocks = sum.Blocks + blocks,
                    Bytes = sum.Bytes + bytes,
                    Edges = sum.Edges + edges,
                    Instructions = sum.Instructions + (count.Count * count.Piece.Instructions.Length),
                };
            }

            foreach (CoveredProgram sum in sums.Where(sum => sum.Instructions > 0).OrderBy(sum => sum.Module, StringComparer.Ordinal))
            {
                yield return sum;
            }
        }
    }

    private int EndOf(int module, ulong[] addresses, int first, out ulong bytes)
    {
        bytes = 0;
        for (int at = first; ; at++)
        {
            ref readonly CoveredInstruction op = ref _code[_code.At(module, addresses[at])];
            bytes += op.Length;
            if (op.Ends || at + 1 == addresses.Length || addresses[first] + bytes != addresses[at + 1] || _code.IsTarget(module, addresses[at + 1]))
            {
                return at + 1;
            }
        }
    }
}
