using Guest.Machine.Hardware.Engine;
using Guest.Machine.Hardware.Generate;
using Guest.Machine.Hardware.Vectors;
using Guest.Machine.X86;

namespace Guest.Machine.Tests.Hardware;

/// <summary>Results that are ours to define stay what they are.</summary>
public sealed class DefinedResultTests
{
    [Theory]
    [InlineData("undefined-flags.txt")]
    [InlineData("approximations.txt")]
    public void Defined_results_equal_the_checked_in_vectors(string file)
    {
        using var engine = new EngineCpu(CpuModels.Create(TestedCodes.Model));
        string[] lines = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Hardware", "vectors", file)).Where(line => !line.StartsWith('#'))];
        Assert.Equal(lines, lines.Select(line => DefinedVectors.Again(engine, line)));
    }
}
