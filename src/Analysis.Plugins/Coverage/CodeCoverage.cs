using Guest.Machine;
using Guest.Machine.X86.Observe;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Coverage;

/// <summary>Which basic blocks of the kernel and of programs ran, and which jumps and calls went where; as tables, for Lighthouse and others (drcov), and by source line (lcov).</summary>
/// <param name="process">Only user code of processes of this name, or of this number; all where it is left out.</param>
/// <param name="kernel">Whether the kernel's code belongs to it.</param>
public sealed class CodeCoverage(string process = "", bool kernel = true) : ISegmentedPlugin<CodeCoverage>
{
    private readonly CodeFlow _flow = new();
    private readonly GuestPrograms _programs = new();
    private readonly LineTables _lines = new();

    /// <inheritdoc/>
    public static string Name => "coverage";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Programs(_programs);
        on.FlowExecuted(_flow, kernel ? null : 3, _programs);
        on.Keep(_lines);
        on.Ended(Complete);
    }

    /// <inheritdoc/>
    public void Append(CodeCoverage next)
    {
        Func<CodeOwner, CodeOwner> owners = _programs.Append(next._programs);
        _flow.Add(next._flow, owners);
        _lines.Add(next._lines);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        CoveredCode covered = new(_flow, _programs, IsWanted);
        CoveredBlocks blocks = new(covered, _programs);
        ReportPrograms(report, blocks);
        ReportBlocks(report.Table("blocks"), blocks.All);
        ReportEdges(report.Table("edges"), blocks.Edges);
        report.File("coverage.drcov", stream => DrcovFile.Write(stream, ModulesOf(blocks.All), blocks.All));
        if (_lines.ByPath.Count > 0)
        {
            report.File("coverage.info", stream => LcovFile.Write(stream, _lines.ByPath, covered));
        }
    }

    private void Complete(ObservedGuest guest)
    {
        ulong[] kernel = new ulong[_flow.PieceCount];
        int count = 0;
        HashSet<int> ran = [];
        foreach (ref readonly PieceCount executed in _flow.Counts)
        {
            CodeOwner owner = CodeFlow.OwnerOf(executed);
            GuestVirtual pc = _flow.Pieces[executed.Piece].Pc;
            if (owner.Program >= 0 && _programs.All[owner.Program].AreaAt(pc) is { } area)
            {
                ran.Add(area.Module);
            }
        }

        foreach (ref readonly FlowPiece piece in _flow.Pieces)
        {
            if (piece.Ring == 0)
            {
                kernel[count++] = piece.Pc.Value;
            }
        }

        Array.Sort(kernel, 0, count);
        _programs.NameKernel(guest, kernel.Take(count).Select(pc => new GuestVirtual(pc)));
        _lines.Read(_programs.Modules.Where(module => ran.Contains(module.Number)));
    }

    private bool IsWanted(CodeOwner owner) => owner.IsKernel || process.Length == 0
        || (owner.Program >= 0 && _programs.All[owner.Program] is { } program && (program.Name == process || program.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture) == process));

    private void ReportPrograms(IReport report, CoveredBlocks blocks)
    {
        foreach (CoveredProgram covered in blocks.Programs())
        {
            GuestProgram? program = covered.Owner.Program >= 0 ? _programs.All[covered.Owner.Program] : null;
            report.Row(
                ("process", covered.Owner.IsKernel ? KernelCode.KernelName : program?.Name ?? CodePlace.UnknownModule),
                ("pid", program?.Pid ?? 0),
                ("program", program?.Path ?? string.Empty),
                ("module", covered.Module),
                ("blocks", covered.Blocks),
                ("bytes", covered.Bytes),
                ("edges", covered.Edges),
                ("instructions", covered.Instructions));
        }
    }

    private static void ReportBlocks(IReportTable table, List<CoveredBlock> blocks)
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

    private static void ReportEdges(IReportTable table, List<KeyValuePair<CoveredEdge, long>> edges)
    {
        foreach ((CoveredEdge edge, long count) in edges)
        {
            table.Row(("module", edge.Module), ("from", edge.From), ("target_module", edge.TargetModule), ("target", edge.Target), ("kind", edge.Kind.ToString()), ("count", count));
        }
    }

    // Files begin at the address of their first segment, the kernel at its own; code that is no file's has no place in such a table.
    private List<DrcovModule> ModulesOf(List<CoveredBlock> blocks)
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
}
