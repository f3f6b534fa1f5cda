using System.Runtime.InteropServices;
using Guest.Machine;
using Guest.Machine.X86.Observe;

namespace Analysis.Plugins.Caches;

/// <summary>Leads the fetches and accesses of a vCPU through its caches, in their order: each instruction before its accesses.</summary>
/// <remarks>What is fetched from the line that was fetched from before is there: such fetches are counted together. Where a piece of code is cut is then of no matter.</remarks>
/// <param name="caches">The caches.</param>
/// <param name="lineBits">Bits of an address in a line.</param>
/// <param name="missesOfCode">Takes the misses by address space, 0 for the kernel's code, and instruction.</param>
internal sealed class CacheWalker(CacheHierarchy caches, int lineBits, Dictionary<(ulong Space, ulong Pc), (ulong L1, ulong L2, ulong L3)> missesOfCode)
{
    /// <summary>Bits of an address in a page.</summary>
    internal const int PageBits = 12;
    private readonly List<FetchedLine> _lines = [];
    private readonly List<PieceFetches> _pieces = [];
    private CodeTrace? _trace;
    private ulong _space;
    private ulong _salt;

    /// <summary>The caches.</summary>
    internal CacheHierarchy Caches { get; } = caches;

    /// <summary>Takes what was executed.</summary>
    internal void Take(CodeTrace trace, ReadOnlySpan<ulong> words)
    {
        (_trace, _space, _salt) = (trace, trace.Space.Value, (trace.Space.Value >> PageBits) << 40);
        ReadOnlySpan<CodePiece> pieces = trace.Pieces;
        for (int known = _pieces.Count; known < pieces.Length; known++)
        {
            _pieces.Add(PieceFetches.Of(pieces[known], lineBits, _lines));
        }

        ReadOnlySpan<PieceFetches> fetches = CollectionsMarshal.AsSpan(_pieces);
        ReadOnlySpan<FetchedLine> lines = CollectionsMarshal.AsSpan(_lines);
        for (int at = 0; at < words.Length;)
        {
            int number = (int)words[at++];
            int end = at;
            while (end < words.Length && TraceWords.IsAccess(words[end]))
            {
                end += TraceWords.PerAccess;
            }

            ref readonly PieceFetches piece = ref fetches[number];
            Take(piece, number, lines.Slice(piece.FirstLine, piece.Lines), words[at..end]);
            at = end;
        }
    }

    private void Take(in PieceFetches piece, int number, ReadOnlySpan<FetchedLine> lines, ReadOnlySpan<ulong> accesses)
    {
        int at = 0;
        if (piece.Count > 0)
        {
            ulong salt = SaltOf(piece.Pc);
            Caches.Translate(salt ^ (piece.Pc >> PageBits), AccessKind.Fetch, piece.IsUser, piece.Count);
            foreach (ref readonly FetchedLine line in lines)
            {
                for (; at < accesses.Length && TraceWords.IndexOf(accesses[at]) < line.First; at += TraceWords.PerAccess)
                {
                    Take(piece, number, accesses.Slice(at, TraceWords.PerAccess));
                }

                int missed = Caches.Access((salt ^ line.Line) & (ulong.MaxValue >> 2), AccessKind.Fetch, piece.IsUser, line.Times);
                if (missed > 0)
                {
                    Note(number, line.First, missed);
                }
            }
        }

        for (; at < accesses.Length; at += TraceWords.PerAccess)
        {
            Take(piece, number, accesses.Slice(at, TraceWords.PerAccess));
        }
    }

    private void Take(in PieceFetches piece, int number, ReadOnlySpan<ulong> access)
    {
        int size = TraceWords.SizeOf(access[0]);
        int index = TraceWords.IndexOf(access[0]);
        bool writes = TraceWords.IsWrite(access[0]);
        ulong physical = _trace!.PhysicalOf(access).Value;
        if (!writes || (piece.Updates && TraceWords.IsEmitted(access[0]) && _trace.Pieces[number].Instructions[index].Updates))
        {
            TakeParts(piece, number, index, access[1], physical, size, AccessKind.Read);
        }

        if (writes)
        {
            TakeParts(piece, number, index, access[1], physical, size, AccessKind.Write);
        }
    }

    private void TakeParts(in PieceFetches piece, int number, int index, ulong linear, ulong physical, int size, AccessKind kind)
    {
        for (int at = 0, part; at < size; at += part)
        {
            part = TraceWords.PartOf(size - at);
            Caches.Translate(SaltOf(linear) ^ ((linear + (ulong)at) >> PageBits), kind, piece.IsUser);
            ulong first = physical + (ulong)at;
            for (ulong line = first >> lineBits; line <= (first + (ulong)part - 1) >> lineBits; line++)
            {
                int missed = Caches.Access(line, kind, piece.IsUser);
                if (missed > 0)
                {
                    Note(number, index, missed);
                }
            }
        }
    }

    // Programs' addresses mean something else in each address space; the kernel's are the same in all.
    private ulong SaltOf(ulong address) => (long)address < 0 ? 0 : _salt;

    private void Note(int number, int index, int missed)
    {
        CodePiece piece = _trace!.Pieces[number];
        GuestVirtual pc = piece.Count == 0 ? piece.Pc : piece.PcOf(index);
        ref (ulong L1, ulong L2, ulong L3) misses = ref CollectionsMarshal.GetValueRefOrAddDefault(missesOfCode, (piece.Ring == 0 ? 0 : _space, pc.Value), out _);
        misses.L1++;
        misses.L2 += missed > 1 ? 1ul : 0;
        misses.L3 += missed > 2 ? 1ul : 0;
    }
}
