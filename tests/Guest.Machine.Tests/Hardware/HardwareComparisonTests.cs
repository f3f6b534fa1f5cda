using Guest.Machine.Board;
using Guest.Machine.Hardware;
using Guest.Machine.Hardware.Generate;
using Guest.Machine.Hardware.Native;
using Xunit.Abstractions;

namespace Guest.Machine.Tests.Hardware;

/// <summary>The short form of the comparison with the host's own CPU.</summary>
[Collection("the host's signals")]
public sealed class HardwareComparisonTests(ITestOutputHelper output)
{
    [Fact]
    public void The_host_agrees_with_itself_on_every_instruction()
    {
        Campaign campaign = Run(new Options { Self = true, Cases = 48, States = 16, Seed = Seed() });
        Assert.DoesNotContain(campaign.Tallies, pair => pair.Value.Mismatches != 0);
        Assert.Equal(TestedCodes.Here(CpuMode.Long).Count(), campaign.Tallies.Count);
        Assert.All(campaign.Tallies, pair => Assert.Equal(48, pair.Value.Cases));
    }

    [Fact]
    public void The_interpreter_agrees_with_the_host_on_every_instruction() => Compare(CpuMode.Long);

    [CompatibilityFact]
    public void The_interpreter_agrees_with_the_host_on_every_instruction_of_32_bit_code() => Compare(CpuMode.Compatibility);

    private void Compare(CpuMode mode)
    {
        Campaign campaign = Run(new Options { Cases = 600, Seed = Seed(), Mode = mode });
        IReadOnlySet<string> known = KnownFailures.Read();
        Assert.DoesNotContain(campaign.Tallies, pair => pair.Value.Mismatches != 0 && !known.Contains(pair.Key));
        Assert.All(campaign.Tallies, pair => Assert.True(pair.Value.Cases == 600 || known.Contains(pair.Key)));

        // The list may only shrink: what agrees by now must leave it.
        Assert.DoesNotContain(known, name => campaign.Tallies.TryGetValue(name, out Tally? tally) && tally.Mismatches == 0);
    }

    [Fact]
    public void The_translator_agrees_with_the_host_on_every_instruction()
    {
        Campaign campaign = Run(new Options { Cases = 200, Seed = Seed(), Engine = EngineKind.Translator });
        IReadOnlySet<string> known = KnownFailures.Read();
        Assert.DoesNotContain(campaign.Tallies, pair => pair.Value.Mismatches != 0 && !known.Contains(pair.Key));

        // What docs/translator.md does not list, emitted code has executed.
        Assert.True(campaign.Tallies.Values.Count(tally => tally.Translated != 0) > 1400);
    }

    [Fact]
    public void Eight_bit_arithmetic_agrees_with_the_host_for_every_operand()
    {
        Campaign campaign = Run(new Options { Exhaustive = true });
        Assert.Equal(0, campaign.Tallies.Values.Single().Mismatches);
    }

    [Fact]
    public void A_known_failure_is_an_instruction_that_is_compared() =>
        Assert.Subset(TestedCodes.All(CpuMode.Long).Union(TestedCodes.All(CpuMode.Compatibility)).Select(code => code.ToString()).ToHashSet(), KnownFailures.Read().ToHashSet());

    [Fact]
    public void The_table_of_instructions_in_the_documentation_is_the_one_of_the_code()
    {
        string path = Path.Combine(Repository(), "docs", "instructions.md");
        Assert.Equal(CoverageTable.Write(), File.ReadAllText(path));
    }

    private static string Repository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ReplayKit.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no ReplayKit.sln above the tests");
        }

        return folder;
    }

    // Another one in each run, printed with every mismatch.
    private static ulong Seed() => (ulong)DateTime.UtcNow.Ticks / 10_000_000;

    private Campaign Run(Options options)
    {
        using var text = new StringWriter();
        var campaign = new Campaign(options, text, null);
        campaign.Run();
        output.WriteLine($"seed {options.Seed}");
        output.WriteLine(text.ToString());

        // A host on its own processor does the same every time.
        long most = HostCpu.IsSteady ? 0 : campaign.Tallies.Values.Sum(tally => tally.Cases) / 1000;
        Assert.InRange(campaign.Tallies.Values.Sum(tally => tally.Disturbed), 0, most);
        return campaign;
    }
}
