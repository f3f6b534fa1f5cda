using Analysis.Plugins.Caches;
using Guest.Machine;
using Iced.Intel;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Branches;

/// <summary>Says how well predictors of several kinds foresee branches: bimodal, gshare, a small TAGE, a branch target buffer and a return stack, by function.</summary>
public sealed class Branches : IPlugin
{
    private readonly List<BranchPredictors> _predictors = [];
    private readonly Dictionary<(ulong Space, ulong Pc), BranchCounts> _byCode = [];
    private readonly Dictionary<string, BranchCounts> _byFunction = [];
    private readonly BranchCounts _all = new();
    private readonly int _bits;
    private readonly CacheShape _targets;
    private readonly int _depth;

    /// <summary>Makes it.</summary>
    /// <param name="bits">Bits of the index of the bimodal and gshare tables, and jumps that gshare remembers: 1 to 24.</param>
    /// <param name="btb">The branch target buffer: ENTRIES/WAYS.</param>
    /// <param name="returns">Entries of the return stack.</param>
    public Branches(int bits = 12, string btb = "4096/4", int returns = 16)
    {
        if (bits is < 1 or > 24 || returns is < 1 or > 1024)
        {
            throw new ArgumentException("bits are 1 to 24, returns 1 to 1024");
        }

        (_bits, _targets, _depth) = (bits, CacheShape.OfEntries(btb), returns);
    }

    /// <inheritdoc/>
    public static string Name => "branches";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Branches(Take);
        on.Ended(NameFunctions);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        Row(report, "bimodal", "conditional", _all.Conditional, _all.Wrong[0]);
        Row(report, "gshare", "conditional", _all.Conditional, _all.Wrong[1]);
        Row(report, "tage", "conditional", _all.Conditional, _all.Wrong[2]);
        Row(report, "target buffer", "direct", _all.Direct, _all.WrongDirect);
        Row(report, "target buffer", "indirect", _all.Indirect, _all.WrongIndirect);
        Row(report, "return stack", "return", _all.Returns, _all.WrongReturns);
        IReportTable functions = report.Table("functions");
        foreach ((string function, BranchCounts counts) in _byFunction.OrderByDescending(each => each.Value.Wrong[1]).ThenBy(each => each.Key, StringComparer.Ordinal))
        {
            functions.Row(
                ("function", function), ("conditional", counts.Conditional), ("taken", counts.Taken), ("wrong_bimodal", counts.Wrong[0]), ("wrong_gshare", counts.Wrong[1]),
                ("wrong_tage", counts.Wrong[2]), ("direct", counts.Direct), ("wrong_direct", counts.WrongDirect), ("indirect", counts.Indirect),
                ("wrong_indirect", counts.WrongIndirect), ("returns", counts.Returns), ("wrong_returns", counts.WrongReturns));
        }
    }

    private static void Row(IReport report, string predictor, string kind, ulong branches, ulong wrong) =>
        report.Row(("predictor", predictor), ("kind", kind), ("branches", branches), ("wrong", wrong));

    private void Take(ReadOnlySpan<BranchEvent> branches)
    {
        foreach (ref readonly BranchEvent branch in branches)
        {
            Take(branch);
        }
    }

    private void Take(in BranchEvent branch)
    {
        (ulong, ulong) key = (branch.Ring == 0 ? 0 : branch.Space.Value, branch.Pc.Value);
        if (!_byCode.TryGetValue(key, out BranchCounts? counts))
        {
            _byCode.Add(key, counts = new BranchCounts());
        }

        BranchPredictors predictors = Of(branch.Vcpu);
        switch (Flow.Of(branch.Code))
        {
            case FlowControl.ConditionalBranch:
                Conditional(predictors, counts, branch);
                break;
            case FlowControl.UnconditionalBranch:
                Direct(predictors, counts, branch);
                break;
            case FlowControl.Call when branch.Code is not (Code.Syscall or Code.Sysenter):
                predictors.Returns.Push(branch.Pc.Value + branch.Length);
                Direct(predictors, counts, branch);
                break;
            case FlowControl.IndirectCall:
                predictors.Returns.Push(branch.Pc.Value + branch.Length);
                Indirect(predictors, counts, branch);
                break;
            case FlowControl.IndirectBranch:
                Indirect(predictors, counts, branch);
                break;
            case FlowControl.Return when branch.Code is Code.Retnq or Code.Retnq_imm16 or Code.Retnd or Code.Retnd_imm16:
                counts.Returns++;
                counts.WrongReturns += predictors.Returns.Pop(branch.Target.Value) ? 0ul : 1;
                break;
        }
    }

    private static void Conditional(BranchPredictors predictors, BranchCounts counts, in BranchEvent branch)
    {
        counts.Conditional++;
        counts.Taken += branch.IsTaken ? 1ul : 0;
        for (int i = 0; i < predictors.Directions.Count; i++)
        {
            counts.Wrong[i] += predictors.Directions[i].Predict(branch.Pc.Value, branch.IsTaken) == branch.IsTaken ? 0ul : 1;
        }

        if (branch.IsTaken)
        {
            Direct(predictors, counts, branch);
        }
    }

    private static void Direct(BranchPredictors predictors, BranchCounts counts, in BranchEvent branch)
    {
        counts.Direct++;
        counts.WrongDirect += predictors.Targets.Predict(branch.Pc.Value, branch.Target.Value) ? 0ul : 1;
    }

    private static void Indirect(BranchPredictors predictors, BranchCounts counts, in BranchEvent branch)
    {
        counts.Indirect++;
        counts.WrongIndirect += predictors.Targets.Predict(branch.Pc.Value, branch.Target.Value) ? 0ul : 1;
    }

    private BranchPredictors Of(int vcpu)
    {
        while (_predictors.Count <= vcpu)
        {
            _predictors.Add(new BranchPredictors(_bits, _targets, _depth));
        }

        return _predictors[vcpu];
    }

    private void NameFunctions(ObservedGuest guest)
    {
        foreach (((ulong space, ulong pc), BranchCounts counts) in _byCode)
        {
            string name = CodeNames.FunctionOf(guest, new GuestVirtual(pc));
            name = name.Length > 0 ? name : space == 0 ? "(kernel)" : "(program)";
            if (!_byFunction.TryGetValue(name, out BranchCounts? sum))
            {
                _byFunction.Add(name, sum = new BranchCounts());
            }

            sum.Add(counts);
            _all.Add(counts);
        }
    }
}
