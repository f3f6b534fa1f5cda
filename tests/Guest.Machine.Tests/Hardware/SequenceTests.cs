using Guest.Machine.Hardware;
using Guest.Machine.Hardware.Sequences;
using Xunit.Abstractions;

namespace Guest.Machine.Tests.Hardware;

/// <summary>The translator does to the guest what the interpreter does, to the last undefined flag; <c>hardware-compare --sequences</c> is the long form.</summary>
public sealed class SequenceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(null)]
    public void Random_sequences_end_in_the_same_state_on_both_engines(int? seed)
    {
        // Without a seed another one in each run, printed with every difference.
        ulong used = (ulong?)seed ?? (ulong)DateTime.UtcNow.Ticks / 10_000_000;
        using var text = new StringWriter();
        long differing = SequenceCampaign.Run(new Options { Sequences = 1500, Seed = used }, text);
        output.WriteLine(text.ToString());
        Assert.True(differing == 0, text.ToString());
    }
}
