using Iced.Intel;
using Replay.Engine.Observe;

namespace ReplayKit.Tests.Observe;

/// <summary>Counts edges twice: as emitted code counts them, and from the records of all branches in order.</summary>
internal sealed class Crossings : ISegmentedPlugin<Crossings>
{
    public static string Name => "crossings";

    public Counts<ExecutedEdge> Counted { get; } = new();

    public Counts<ExecutedEdge> FromRecords { get; } = new();

    public void Subscribe(IInstrumentation on)
    {
        on.EdgeExecuted(Counted);
        on.Branches(branches =>
        {
            foreach (BranchEvent branch in branches)
            {
                if (Flow.Of(branch.Code) is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.IndirectBranch or FlowControl.IndirectCall
                    || (Flow.Of(branch.Code) == FlowControl.Call && branch.Code != Code.Syscall))
                {
                    CodeOwner owner = branch.Ring == 0 ? CodeOwner.Kernel : CodeOwner.OfSpace(branch.Space);
                    FromRecords.Add(new ExecutedEdge(owner, branch.Pc, branch.Target, branch.Code, branch.Ring), 1);
                }
            }
        });
    }

    public void Append(Crossings next)
    {
        Counted.Add(next.Counted);
        FromRecords.Add(next.FromRecords);
    }

    public void Report(IReport report) => report.Row(("edges", Counted.Count));
}
