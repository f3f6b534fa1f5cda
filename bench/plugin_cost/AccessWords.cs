using Guest.Machine.X86.Observe;
using Replay.Engine.Observe;

namespace PluginCost;

/// <summary>Has every data access written into buffers, and walks over the words as they are: what a memory trace costs before anything is made of it.</summary>
public sealed class AccessWords : ISegmentedPlugin<AccessWords>
{
    private readonly PerVcpu<long> _accesses = new();
    private readonly PerVcpu<long> _bytes = new();
    private (long Accesses, long Bytes, int Words)[] _totals = [];
    private int _known;

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
                Learn(trace.Pieces);
                (long Accesses, long Bytes, int Words)[] totals = _totals;
                (long accesses, long bytes) = (0, 0);
                for (int at = 0; at < words.Length;)
                {
                    ref readonly (long Accesses, long Bytes, int Words) piece = ref totals[(int)words[at++]];
                    accesses += piece.Accesses;
                    bytes += piece.Bytes;
                    at += piece.Words;
                    for (; at < words.Length && TraceWords.IsAccess(words[at]); at += TraceWords.PerAccess)
                    {
                        accesses += TraceWords.ElementsOf(words[at]);
                        bytes += TraceWords.ElementsOf(words[at]) * TraceWords.SizeOf(words[at]);
                    }
                }

                _accesses[trace.Cpu.Index] += accesses;
                _bytes[trace.Cpu.Index] += bytes;
            },
            accesses: true);
    }

    // What all accesses of a piece come to; the words say where each was.
    private void Learn(ReadOnlySpan<CodePiece> pieces)
    {
        if (_totals.Length < pieces.Length)
        {
            Array.Resize(ref _totals, Math.Max(pieces.Length, 2 * _totals.Length));
        }

        for (; _known < pieces.Length; _known++)
        {
            long bytes = 0;
            foreach (ref readonly PieceAccess access in pieces[_known].Accesses)
            {
                bytes += access.Size;
            }

            _totals[_known] = (pieces[_known].Accesses.Length, bytes, pieces[_known].Words);
        }
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
