using Trace.Export.Streams;

namespace Trace.Export.Drmemtrace;

/// <summary>Writes traces that DynamoRIO's drmemtrace tools read: of the whole system, a file for each thread.</summary>
/// <remarks>The format is that of DynamoRIO's documentation (sec_drcachesim_format), version 5, with the file type of the whole system. See docs/traces.md.</remarks>
/// <param name="folder">Where the files go; it exists.</param>
public sealed class DrmemtraceStream(string folder) : ITraceStream
{
    private readonly Dictionary<(int Pid, int Tid, int Vcpu), ThreadFile> _files = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [.. _files.Values.Select(file => file.Path)];

    /// <inheritdoc/>
    public void Take(in StreamedInstruction instruction)
    {
        StreamedThread thread = instruction.Thread;
        (int, int, int) key = (thread.Pid, thread.Tid, thread.Tid == 0 ? thread.Vcpu : 0);
        if (!_files.TryGetValue(key, out ThreadFile? file))
        {
            string name = thread.Tid == 0 ? $"idle{thread.Vcpu}" : $"{thread.Pid}.{thread.Tid}";
            _files.Add(key, file = new ThreadFile(Path.Combine(folder, $"drmemtrace.{name}.trace.gz"), thread));
        }

        file.Add(instruction);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ThreadFile file in _files.Values)
        {
            file.Complete();
        }
    }
}
