using Guest.Machine;
using Replay.Engine.Observe;

namespace ReplayKit.Tests.Observe;

/// <summary>A plugin that takes down everything that can be observed in order, and counts.</summary>
internal sealed class Everything : ISegmentedPlugin<Everything>
{
    public static string Name => "everything";

    public List<InstructionEvent> Instructions { get; } = [];

    public List<AccessEvent> Accesses { get; } = [];

    public List<BranchEvent> Branches { get; } = [];

    public List<string> Rare { get; } = [];

    public PerVcpu<long> Retired { get; } = new();

    public PerVcpu<long> UserRetired { get; } = new();

    public PerVcpu<long> Blocks { get; } = new();

    public Counts<ExecutedCode> Code { get; } = new();

    public Counts<ExecutedEdge> Edges { get; } = new();

    public void Subscribe(IInstrumentation on)
    {
        on.Instructions(Instructions.AddRange);
        on.Accesses(Accesses.AddRange);
        on.Branches(Branches.AddRange);
        on.InstructionRetired(Retired);
        on.InstructionRetired(UserRetired, new CodeFilter { Ring = 3 });
        on.BlockExecuted(Blocks);
        on.CodeExecuted(Code);
        on.EdgeExecuted(Edges);
        on.Delivering((in occurred) => Rare.Add($"{occurred.Position} vector {occurred.Vector} {occurred.ErrorCode} {occurred.IsExternal}"));
        on.Transfers(
            (in occurred) => Rare.Add($"{occurred.Order:x} before {occurred.Code} at {occurred.Pc}"),
            (in occurred) => Rare.Add($"{occurred.Order:x} after {occurred.Code} at {occurred.Pc}, rax {occurred.Vcpu.State.Rax:x}"));
        on.SpaceChanged((in occurred) => Rare.Add($"space {occurred.Space}"));
    }

    public void Append(Everything next)
    {
        Instructions.AddRange(next.Instructions);
        Accesses.AddRange(next.Accesses);
        Branches.AddRange(next.Branches);
        Rare.AddRange(next.Rare);
        Retired.Add(next.Retired);
        UserRetired.Add(next.UserRetired);
        Blocks.Add(next.Blocks);
        Code.Add(next.Code);
        Edges.Add(next.Edges);
    }

    public void Report(IReport report) => report.Row(("instructions", Retired.Total));
}
