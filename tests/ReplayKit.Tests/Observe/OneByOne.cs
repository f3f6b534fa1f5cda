using Analysis.Plugins.Caches;
using Replay.Engine.Observe;

namespace ReplayKit.Tests.Observe;

/// <summary>Takes down instructions and accesses as events, and leads them one by one through caches.</summary>
internal sealed class OneByOne : ISegmentedPlugin<OneByOne>
{
    private const int LineBits = 6, PageBits = 12;
    private readonly List<InstructionEvent> _instructions = [];
    private readonly List<AccessEvent> _accesses = [];

    public static string Name => "one-by-one";

    public void Subscribe(IInstrumentation on)
    {
        on.Instructions(_instructions.AddRange);
        on.Accesses(_accesses.AddRange);
    }

    public void Append(OneByOne next) => throw new NotSupportedException();

    public void Report(IReport report)
    {
    }

    /// <summary>Leads all through.</summary>
    public void Walk(CacheHierarchy caches)
    {
        int at = 0;
        foreach (InstructionEvent op in _instructions)
        {
            // What a delivery wrote, and what a repeated instruction did before it was interrupted, comes before the instruction of the same number.
            for (; at < _accesses.Count && (_accesses[at].Order < op.Order || (_accesses[at].Order == op.Order && _accesses[at].Pc != op.Pc)); at++)
            {
                Access(caches, _accesses[at]);
            }

            bool isUser = op.Ring == 3;
            caches.Translate(SaltOf(op.Pc.Value, op.Space.Value) ^ (op.Pc.Value >> PageBits), AccessKind.Fetch, isUser);
            for (ulong line = op.Pc.Value >> LineBits; line <= (op.Pc.Value + op.Length - 1) >> LineBits; line++)
            {
                caches.Access((SaltOf(op.Pc.Value, op.Space.Value) ^ line) & (ulong.MaxValue >> 2), AccessKind.Fetch, isUser);
            }

            for (; at < _accesses.Count && _accesses[at].Order == op.Order && _accesses[at].Pc == op.Pc; at++)
            {
                Access(caches, _accesses[at]);
            }
        }

        for (; at < _accesses.Count; at++)
        {
            Access(caches, _accesses[at]);
        }
    }

    private static void Access(CacheHierarchy caches, in AccessEvent access)
    {
        AccessKind kind = access.IsWrite ? AccessKind.Write : AccessKind.Read;
        caches.Translate(SaltOf(access.Linear.Value, access.Space.Value) ^ (access.Linear.Value >> PageBits), kind, access.Ring == 3);
        for (ulong line = access.Physical.Value >> LineBits; line <= (access.Physical.Value + access.Size - 1) >> LineBits; line++)
        {
            caches.Access(line, kind, access.Ring == 3);
        }
    }

    private static ulong SaltOf(ulong address, ulong space) => (long)address < 0 ? 0 : (space >> PageBits) << 40;
}
