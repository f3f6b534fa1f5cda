using System.Buffers.Binary;
using System.IO.Compression;
using Replay.Engine.Observe;
using Trace.Export.ChampSim;
using Trace.Export.Drmemtrace;
using Trace.Export.Streams;

namespace ReplayKit.Tests.Observe;

/// <summary>The traces for other people's tools, of a window of a boot with processes, system calls and interrupts.</summary>
public sealed class TraceStreamTests
{
    private const ulong Window = 2_000_000;

    // What DynamoRIO's documentation of the format and of its invariant checker asks of a trace of the whole system (sec_drcachesim_format; invariant_checker).
    [Fact]
    public void A_drmemtrace_keeps_the_rules_of_its_format()
    {
        using TemporaryFolder folder = new();
        string[] files = Export(new DrmemtraceStream(folder.Path));
        DrmemtraceRules[] checks = [.. files.Select(file => new DrmemtraceRules(Unpack(file)))];
        Assert.All(checks, check => check.Check());
        Assert.Equal((long)Window, checks.Sum(check => check.Instructions));
        Assert.True(checks.Length > 1 && checks.Sum(check => check.Events) > 100 && checks.Sum(check => check.DataReferences) > 500_000, "next to nothing is in it");

        // A return that leads elsewhere than to what was interrupted: a signal's handler, a fault that the kernel has mended, a new program.
        Assert.InRange(checks.Sum(check => check.ReturnsElsewhere), 0, checks.Sum(check => check.Returns) / 20);
    }

    [Fact]
    public void A_ChampSim_trace_has_every_instruction_and_its_branches_are_told_apart_by_their_registers()
    {
        using TemporaryFolder folder = new();
        byte[] trace = Unpack(Assert.Single(Export(new ChampSimStream(folder.Path))));
        Assert.Equal(Window * ChampSimRecord.Bytes, (ulong)trace.Length);
        long branches = 0;
        long withRegisters = 0;
        byte[] again = new byte[ChampSimRecord.Bytes];
        for (int at = 0; at < trace.Length; at += ChampSimRecord.Bytes)
        {
            ReadOnlySpan<byte> bytes = trace.AsSpan(at, ChampSimRecord.Bytes);
            ChampSimRecord record = ChampSimRecord.Read(bytes);
            record.Write(again);
            Assert.True(bytes.SequenceEqual(again), $"record {at / ChampSimRecord.Bytes} does not come back");
            Assert.Equal(record.WrittenRegisters.Contains(26), record.IsBranch);
            branches += record.IsBranch ? 1 : 0;
            withRegisters += record.ReadRegisters.Count + record.WrittenRegisters.Count > 0 ? 1 : 0;
        }

        Assert.InRange(branches, (long)Window / 50, (long)Window / 3);
        Assert.True(withRegisters > (long)Window * 9 / 10, "most instructions use registers");
    }

    private static string[] Export(ITraceStream stream)
    {
        using (stream)
        {
            WatchedBoot.Watch(new StreamPlugin(stream), Window);
        }

        return [.. stream.Files];
    }

    private static byte[] Unpack(string file)
    {
        using GZipStream packed = new(File.OpenRead(file), CompressionMode.Decompress);
        using MemoryStream bytes = new();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }
}
