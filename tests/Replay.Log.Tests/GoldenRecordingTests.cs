using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>Recordings that were made once and are never made again: what this version writes must be readable for good.</summary>
public sealed class GoldenRecordingTests
{
    [Theory]
    [InlineData("version-1-zstd")]
    [InlineData("version-1-brotli")]
    [InlineData("version-2-zstd")]
    public void A_golden_recording_says_what_it_always_said(string name)
    {
        string path = Checkout.Tests(Path.Combine("Golden", name));
        RecordingFolder recording = RecordingFolder.Open(path);
        using LogReader log = recording.ReadLog();
        string[] records = [.. Logged.ReadAll(log).Select(record => record.Text)];
        Assert.Equal(File.ReadAllLines(Path.Combine(path, "expected.jsonl")), records);
        Assert.Equal(LogEnding.Ended, log.Ending);
        Assert.Equal("x86-64-v2", recording.Manifest.Machine.CpuModel);
        Assert.Equal(0xfedcba98, recording.Manifest.Machine.Cpuid[1].Edx);
        Assert.Equal(name.StartsWith("version-1", StringComparison.Ordinal) ? null : (UInt128?)0xab, recording.Manifest.Machine.MemoryHashKey);
        Assert.Equal("console=ttyS0 \"quoted\" größer", recording.Manifest.CommandLine);
    }
}
