using System.Globalization;
using System.IO.Compression;
using System.Text;
using Analysis.Plugins.BlockVectors;
using Analysis.Plugins.Coverage;
using Analysis.Plugins.Profiling;
using Guest.Machine.Board;
using Replay.Engine.Observe;

namespace ReplayKit.Tests.Observe;

/// <summary>What coverage, profile and basic-block vectors say is what ran.</summary>
public sealed class CodeAnalysisTests
{
    private const ulong Window = 2_000_000;

    [Theory]
    [InlineData(EngineKind.Translator)]
    [InlineData(EngineKind.Interpreter)]
    public void Edges_that_are_counted_are_those_that_branches_took_in_order(EngineKind engine)
    {
        Crossings crossings = new();
        WatchedBoot.Watch(crossings, Window, new EngineOptions { Kind = engine });
        Assert.True(crossings.Counted.Count > 1000);
        Assert.Equal(crossings.FromRecords.Sorted(), crossings.Counted.Sorted());
    }

    [Fact]
    public void Coverage_in_drcov_format_has_the_instructions_that_ran_and_no_others()
    {
        CodeCoverage coverage = new();
        WatchedBoot.Watch(coverage, Window);
        Dictionary<string, byte[]> report = WatchedBoot.Report(coverage);
        DrcovReader drcov = DrcovReader.Read(report["coverage.drcov"]);
        Assert.Contains(drcov.Modules, module => module.Path == "/bin/busybox");
        int kernel = drcov.Modules.FindIndex(module => module.Path == "[kernel]");

        HashSet<ulong> covered = [];
        foreach ((uint start, ushort size, _) in drcov.Blocks.Where(block => block.Module == kernel))
        {
            for (ulong at = 0; at < size; at++)
            {
                covered.Add(drcov.Modules[kernel].Base + start + at);
            }
        }

        Assert.True(drcov.Blocks.Distinct().Count() == drcov.Blocks.Count, "a block is there twice");
        Everything everything = new();
        WatchedBoot.Watch(everything, Window);
        HashSet<ulong> ran = [];
        foreach (InstructionEvent op in everything.Instructions.Where(op => op.Ring == 0))
        {
            for (ulong at = 0; at < op.Length; at++)
            {
                ran.Add(op.Pc.Value + at);
            }
        }

        Assert.True(ran.SetEquals(covered), $"{ran.Except(covered).Count()} bytes that ran are not covered, {covered.Except(ran).Count()} covered ones did not run");
    }

    [Fact]
    public void A_profile_has_every_instruction_once_on_a_stack_that_begins_with_its_thread()
    {
        Profile profile = new();
        WatchedBoot.Watch(profile, Window);
        Dictionary<string, byte[]> report = WatchedBoot.Report(profile);
        (string Stack, long Count)[] stacks = [.. Lines(report["profile.collapsed"]).Select(line => (line[..line.LastIndexOf(' ')], long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)))];
        Assert.Equal((long)Window, stacks.Sum(stack => stack.Count));
        Assert.Equal(stacks.Length, stacks.DistinctBy(stack => stack.Stack).Count());
        Assert.Contains(stacks, stack => stack.Stack.Contains(";[busybox];entry_SYSCALL_64", StringComparison.Ordinal));

        // Whatever a system call does lies on the entry of system calls, and that on user code, where the thread was seen to enter the kernel.
        string[] written = [.. stacks.Where(stack => stack.Stack.Contains(";do_syscall_64_[k];", StringComparison.Ordinal)).Select(stack => stack.Stack)];
        Assert.True(written.Length > 20, "the window has hardly any system calls");
        Assert.All(written, stack => Assert.Contains("entry_SYSCALL_64_after_hwframe_[k];do_syscall_64_[k]", stack, StringComparison.Ordinal));
        Assert.True(written.Count(stack => stack.Split(';')[1] == "[busybox]") > written.Length / 2);

        long self = Lines(report["profile.csv"]).Skip(1).Sum(line => long.Parse(line.Split(',')[2], CultureInfo.InvariantCulture));
        Assert.Equal((long)Window, self);
        Assert.StartsWith("<?xml", Encoding.UTF8.GetString(report["profile.svg"]), StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(Encoding.UTF8.GetString(report["profile.svg"]));
        Assert.Equal((long)Window, SumOfSamples(report["profile.pb.gz"]));
    }

    [Fact]
    public void Vectors_of_basic_blocks_have_as_many_instructions_as_their_intervals()
    {
        const ulong Interval = 300_000;
        BasicBlockVectors vectors = new((long)Interval);
        WatchedBoot.Watch(vectors, Window);
        Dictionary<string, byte[]> report = WatchedBoot.Report(vectors);
        string[] lines = Lines(report["basic-block-vectors.bb"]);
        long[] sums = [.. lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Sum(entry => long.Parse(entry.Split(':')[^1], CultureInfo.InvariantCulture)))];
        Assert.All(lines, line => Assert.Matches("^T(:[1-9][0-9]*:[1-9][0-9]* )+$", line));
        Assert.Equal((long)Window, sums.Sum());
        Assert.Equal((long)(Interval - (BootedGuest.From % Interval)), sums[0]);
        Assert.All(sums[1..^1], sum => Assert.Equal((long)Interval, sum));
        int blocks = Lines(report["basic-block-vectors-blocks.csv"]).Length - 1;
        Assert.Equal(blocks, lines.SelectMany(line => line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Max(entry => int.Parse(entry.Split(':')[1], CultureInfo.InvariantCulture)));
    }

    // Field 2 of a profile is a sample, field 2 of a sample its values (profile.proto).
    private static long SumOfSamples(byte[] packed)
    {
        using GZipStream stream = new(new MemoryStream(packed), CompressionMode.Decompress);
        using MemoryStream unpacked = new();
        stream.CopyTo(unpacked);
        long sum = 0;
        foreach ((int field, byte[] message) in Fields(unpacked.ToArray()))
        {
            sum += field == 2 ? Fields(message).Where(inner => inner.Field == 2).Sum(inner => (long)Varint(inner.Bytes, 0).Value) : 0;
        }

        return sum;
    }

    private static IEnumerable<(int Field, byte[] Bytes)> Fields(byte[] message)
    {
        for (int at = 0; at < message.Length;)
        {
            (ulong tag, at) = Varint(message, at);
            (ulong value, at) = Varint(message, at);
            if ((tag & 7) == 2)
            {
                yield return ((int)(tag >> 3), message[at..(at + (int)value)]);
                at += (int)value;
            }
        }
    }

    private static (ulong Value, int At) Varint(byte[] bytes, int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            value |= (ulong)(bytes[at] & 0x7F) << shift;
            if ((bytes[at++] & 0x80) == 0)
            {
                return (value, at);
            }
        }
    }

    private static string[] Lines(byte[] text) => Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
