using System.Runtime.InteropServices;

namespace Replay.Log.Manifests;

/// <summary>What is worth knowing about the host that made a recording; nothing in a replay depends on it.</summary>
/// <param name="Processor">The host CPU's model name.</param>
/// <param name="Processors">Number of processors the recorder could use.</param>
/// <param name="System">The host's operating system and its kernel.</param>
/// <param name="Runtime">The .NET runtime.</param>
public sealed record HostFacts(string Processor, int Processors, string System, string Runtime)
{
    private const string CpuInfo = "/proc/cpuinfo";
    private const string ModelName = "model name";

    /// <summary>The facts about this host.</summary>
    public static HostFacts OfThisHost() => new(
        ProcessorName(),
        Environment.ProcessorCount,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private static string ProcessorName()
    {
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(text => text.StartsWith(ModelName, StringComparison.Ordinal))
            : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
