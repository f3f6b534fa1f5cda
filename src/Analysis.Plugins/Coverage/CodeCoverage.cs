using Guest.Machine;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Coverage;

/// <summary>Which basic blocks of the kernel and of programs ran, and which jumps and calls went where; as tables, for Lighthouse and others (drcov), and by source line (lcov).</summary>
/// <param name="process">Only user code of processes of this name, or of this number; all where it is left out.</param>
/// <param name="kernel">Whether the kernel's code belongs to it.</param>
public sealed class CodeCoverage(string process = "", bool kernel = true) : ISegmentedPlugin<CodeCoverage>
{
    private readonly Counts<ExecutedCode> _code = new();
    private readonly Counts<ExecutedEdge> _edges = new();
    private readonly GuestPrograms _programs = new();
    private readonly LineTables _lines = new();

    /// <inheritdoc/>
    public static string Name => "coverage";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        CodeFilter? where = kernel ? null : new CodeFilter { Ring = 3 };
        on.Programs(_programs);
        on.CodeExecuted(_code, where, _programs);
        on.EdgeExecuted(_edges, where, _programs);
        on.Keep(_lines);
        on.Ended(Complete);
    }

    /// <inheritdoc/>
    public void Append(CodeCoverage next)
    {
        Func<CodeOwner, CodeOwner> owners = _programs.Append(next._programs);
        _code.Add(next._code, owners);
        _edges.Add(next._edges, owners);
        _lines.Add(next._lines);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        KeyValuePair<ExecutedCode, long>[] code = [.. _code.Sorted().Where(pair => IsWanted(pair.Key.Owner))];
        KeyValuePair<ExecutedEdge, long>[] edges = [.. _edges.Sorted().Where(pair => IsWanted(pair.Key.Owner))];
        CoveredCode covered = new();
        covered.Add(code, edges, _programs);
        CoveredBlock[] blocks = [.. covered.Blocks()];
        ReportPrograms(report, code, edges, blocks);
        ReportBlocks(report.Table("blocks"), blocks);
        ReportEdges(report.Table("edges"), covered);
        report.File("coverage.drcov", stream => DrcovFile.Write(stream, ModulesOf(blocks), blocks));
        if (_lines.ByPath.Count > 0)
        {
            report.File("coverage.info", stream => LcovFile.Write(stream, _lines.ByPath, covered));
        }
    }

    private void Complete(ObservedGuest guest)
    {
        _programs.NameKernel(guest, _code.Sorted().Where(pair => pair.Key.Owner.IsKernel).Select(pair => pair.Key.Pc));
        HashSet<int> ran = [];
        foreach ((ExecutedCode op, _) in _code.Sorted())
        {
            if (op.Owner.Program >= 0 && _programs.All[op.Owner.Program].AreaAt(op.Pc) is { } area)
            {
                ran.Add(area.Module);
            }
        }

        _lines.Read(_programs.Modules.Where(module => ran.Contains(module.Number)));
    }

    private bool IsWanted(CodeOwner owner) => owner.IsKernel || process.Length == 0
        || (owner.Program >= 0 && _programs.All[owner.Program] is { } program && (program.Name == process || program.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture) == process));

    private void ReportPrograms(IReport report, KeyValuePair<ExecutedCode, long>[] code, KeyValuePair<ExecutedEdge, long>[] edges, CoveredBlock[] blocks)
    {
        Dictionary<(string Module, ulong Address), ulong> starts = blocks.ToDictionary(block => (block.Module, block.Address), block => block.Bytes);
        Dictionary<(CodeOwner Owner, string Module), Sum> sums = [];
        foreach ((ExecutedCode op, long count) in code)
        {
            CodePlace place = _programs.PlaceOf(op.Owner, op.Pc);
            Sum sum = sums.GetValueOrDefault((op.Owner, place.Module));
            bool begins = starts.TryGetValue((place.Module, place.Address), out ulong bytes);
            sums[(op.Owner, place.Module)] = new Sum(sum.Blocks + (begins ? 1 : 0), sum.Bytes + (begins ? (long)bytes : 0), sum.Edges, sum.Instructions + count);
        }

        foreach ((ExecutedEdge edge, _) in edges)
        {
            (CodeOwner, string) key = (edge.Owner, _programs.PlaceOf(edge.Owner, edge.From).Module);
            Sum sum = sums.GetValueOrDefault(key);
            sums[key] = sum with { Edges = sum.Edges + 1 };
        }

        foreach (((CodeOwner owner, string module), Sum sum) in sums.OrderBy(each => each.Key.Owner).ThenBy(each => each.Key.Module, StringComparer.Ordinal))
        {
            GuestProgram? program = owner.Program >= 0 ? _programs.All[owner.Program] : null;
            report.Row(
                ("process", owner.IsKernel ? KernelCode.KernelName : program?.Name ?? CodePlace.UnknownModule),
                ("pid", program?.Pid ?? 0),
                ("program", program?.Path ?? string.Empty),
                ("module", module),
                ("blocks", sum.Blocks),
                ("bytes", sum.Bytes),
                ("edges", sum.Edges),
                ("instructions", sum.Instructions));
        }
    }

    private static void ReportBlocks(IReportTable table, CoveredBlock[] blocks)
    {
        foreach (CoveredBlock block in blocks)
        {
            table.Row(
                ("module", block.Module),
                ("address", block.Address),
                ("bytes", block.Bytes),
                ("instructions", block.Instructions),
                ("function", block.Function),
                ("count", block.Count));
        }
    }

    private static void ReportEdges(IReportTable table, CoveredCode covered)
    {
        foreach ((CoveredEdge edge, long count) in covered.Edges())
        {
            table.Row(("module", edge.Module), ("from", edge.From), ("target_module", edge.TargetModule), ("target", edge.Target), ("kind", edge.Kind.ToString()), ("count", count));
        }
    }

    // Files begin at the address of their first segment, the kernel at its own; code that is no file's has no place in such a table.
    private List<DrcovModule> ModulesOf(CoveredBlock[] blocks)
    {
        List<DrcovModule> modules = [];
        foreach (IGrouping<string, CoveredBlock> module in blocks.GroupBy(block => block.Module))
        {
            ulong end = module.Max(block => block.Address + block.Bytes);
            if (_programs.Kernel.Where(code => code.Name == module.Key).ToArray() is { Length: > 0 } parts)
            {
                modules.Add(new DrcovModule(module.Key, parts.Min(part => part.Start.Value), Math.Max(end, parts.Max(part => part.End.Value))));
            }
            else if (_programs.Modules.FirstOrDefault(each => each.Path == module.Key) is { } file && file.Path != CodeModule.NoFile)
            {
                ulong first = file.Segments.Count > 0 ? file.Segments.Min(segment => segment.Address) & ~0xFFFUL : 0;
                ulong last = file.Segments.Count > 0 ? file.Segments.Max(segment => segment.Address + segment.Length) : end;
                modules.Add(new DrcovModule(module.Key, first, Math.Max(end, last)));
            }
        }

        return modules;
    }

    private readonly record struct Sum(long Blocks, long Bytes, long Edges, long Instructions);
}
