using Iced.Intel;
using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>Counts retired instructions by mnemonic, form and privilege level.</summary>
public sealed class InstructionMix : ISegmentedPlugin<InstructionMix>
{
    private readonly Counts<ExecutedCode> _code = new();

    /// <inheritdoc/>
    public static string Name => "instruction-mix";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on) => on.CodeExecuted(_code);

    /// <inheritdoc/>
    public void Append(InstructionMix next) => _code.Add(next._code);

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        var forms = _code.Sorted()
            .GroupBy(pair => (pair.Key.Code, pair.Key.Ring, pair.Key.HasMemory))
            .Select(group => (group.Key, Count: group.Sum(pair => pair.Value)))
            .OrderByDescending(form => form.Count)
            .ThenBy(form => form.Key);
        foreach (((Code code, byte ring, bool hasMemory), long count) in forms)
        {
            report.Row(
                ("opcode", code.Mnemonic().ToString().ToLowerInvariant()),
                ("form", code.ToString()),
                ("ring", (long)ring),
                ("memory", hasMemory ? 1 : 0),
                ("count", count));
        }
    }
}
