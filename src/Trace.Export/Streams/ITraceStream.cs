namespace Trace.Export.Streams;

/// <summary>Takes the instructions of a replay, one after the other, with what each of them did.</summary>
public interface ITraceStream : IDisposable
{
    /// <summary>An instruction has retired.</summary>
    void Take(in StreamedInstruction instruction);

    /// <summary>Files that were written; complete once everything is disposed of.</summary>
    IReadOnlyList<string> Files { get; }
}
