using System.Runtime.InteropServices;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Coverage;

/// <summary>Executed instructions and edges by file and address, of all programs together, and the basic blocks that they make.</summary>
internal sealed class CoveredCode
{
    private readonly Dictionary<(string Module, ulong Address), Instruction> _code = [];
    private readonly Dictionary<CoveredEdge, long> _edges = [];
    private readonly HashSet<(string Module, ulong Address)> _targets = [];

    /// <summary>How often each edge was taken, by file and address.</summary>
    public IEnumerable<KeyValuePair<CoveredEdge, long>> Edges() => _edges
        .OrderBy(edge => edge.Key.Module, StringComparer.Ordinal).ThenBy(edge => edge.Key.From)
        .ThenBy(edge => edge.Key.TargetModule, StringComparer.Ordinal).ThenBy(edge => edge.Key.Target).ThenBy(edge => edge.Key.Kind);

    /// <summary>Adds what ran.</summary>
    /// <param name="code">The instructions.</param>
    /// <param name="edges">The edges.</param>
    /// <param name="programs">Whose they are.</param>
    public void Add(IEnumerable<KeyValuePair<ExecutedCode, long>> code, IEnumerable<KeyValuePair<ExecutedEdge, long>> edges, GuestPrograms programs)
    {
        foreach ((ExecutedCode op, long count) in code)
        {
            CodePlace place = programs.PlaceOf(op.Owner, op.Pc);
            ref Instruction known = ref CollectionsMarshal.GetValueRefOrAddDefault(_code, (place.Module, place.Address), out _);
            known = new Instruction(Math.Max(known.Length, op.Length), known.Ends || Flow.EndsBlock(op.Code), known.Count + count, place.Function);
        }

        foreach ((ExecutedEdge edge, long count) in edges)
        {
            CodePlace from = programs.PlaceOf(edge.Owner, edge.From);
            CodePlace to = programs.PlaceOf(edge.Owner, edge.Target);
            _targets.Add((to.Module, to.Address));
            CollectionsMarshal.GetValueRefOrAddDefault(_edges, new CoveredEdge(from.Module, from.Address, to.Module, to.Address, Flow.Of(edge.Code)), out _) += count;
        }
    }

    /// <summary>How often the instruction at an address retired; 0 where it did not.</summary>
    public long CountAt(string module, ulong address) => _code.GetValueOrDefault((module, address)).Count;

    /// <summary>The basic blocks by file and address.</summary>
    public IEnumerable<CoveredBlock> Blocks()
    {
        CoveredBlock? block = null;
        bool ended = false;
        foreach (((string module, ulong address), Instruction op) in _code.OrderBy(each => each.Key.Module, StringComparer.Ordinal).ThenBy(each => each.Key.Address))
        {
            if (block is { } open && (ended || open.Module != module || open.Address + open.Bytes != address || _targets.Contains((module, address))))
            {
                yield return open;
                block = null;
            }

            block = block is { } longer
                ? longer with { Bytes = longer.Bytes + op.Length, Instructions = longer.Instructions + 1 }
                : new CoveredBlock(module, address, op.Length, 1, op.Count, op.Function);
            ended = op.Ends;
        }

        if (block is { } last)
        {
            yield return last;
        }
    }

    private readonly record struct Instruction(byte Length, bool Ends, long Count, string Function);
}
