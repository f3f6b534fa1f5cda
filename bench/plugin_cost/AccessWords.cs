using Guest.Machine.X86.Observe;
using Replay.Engine.Observe;

namespace PluginCost;

/// <summary>Has every data access written into buffers, and walks over the words as they are: what a memory trace costs before anything is made of it.</summary>
public sealed class AccessWords : ISegmentedPlugin<AccessWords>
{
    private readonly PerVcpu<long> _accesses = new();
    private readonly PerVcpu<long> _bytes = new();

    /// <inheritdoc/>
    public static string Name => "access-words";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Keep(_accesses);
        on.Keep(_bytes);
        on.Pieces(
            (trace, words) =>
            {
                (long accesses, long bytes) = (0, 0);
                ReadOnlySpan<CodePiece> pieces = trace.Pieces;
                for (int at = 0; at < words.Length;)
                {
                    CodePiece piece = pieces[(int)words[at++]];
                    foreach (ref readonly PieceAccess access in piece.Accesses)
                    {
                        accesses++;
                        bytes += access.Size;
                    }

                    at += piece.Words;
                    for (; at < words.Length && TraceWords.IsAccess(words[at]); at += TraceWords.PerAccess)
                    {
                        accesses++;
                        bytes += TraceWords.SizeOf(words[at]);
                    }
                }

                _accesses[trace.Cpu.Index] += accesses;
                _bytes[trace.Cpu.Index] += bytes;
            },
            accesses: true);
    }

    /// <inheritdoc/>
    public void Append(AccessWords next)
    {
        _accesses.Add(next._accesses);
        _bytes.Add(next._bytes);
    }

    /// <inheritdoc/>
    public void Report(IReport report) => report.Row(("accesses", _accesses.Total), ("bytes", _bytes.Total));
}
