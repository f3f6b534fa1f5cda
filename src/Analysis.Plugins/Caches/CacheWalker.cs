using System.Runtime.InteropServices;
using Guest.Machine;
using Guest.Machine.X86.Observe;

namespace Analysis.Plugins.Caches;

/// <summary>Leads the fetches and accesses of a vCPU through its caches, in their order: each instruction before its accesses.</summary>
/// <remarks>
/// What is fetched from the line that was fetched from before is there, and so are data of the line and page that were accessed before: only what goes elsewhere is looked up. Accesses that
/// emitted code makes are counted by how often their code was executed. Where a piece of code is cut is of no matter.
/// </remarks>
/// <param name="caches">The caches.</param>
/// <param name="lineBits">Bits of an address in a line.</param>
/// <param name="missesOfCode">Takes the misses by address space, 0 for the kernel's code, and instruction.</param>
internal sealed class CacheWalker(CacheHierarchy caches, int lineBits, Dictionary<(ulong Space, ulong Pc), (ulong L1, ulong L2, ulong L3)> missesOfCode)
{
    /// <summary>Bits of an address in a page.</summary>
    internal const int PageBits = 12;

    // No line's or page's number.
    private const ulong Nowhere = ulong.MaxValue;
    private const ulong LineMask = ulong.MaxValue >> 2;
    private readonly List<FetchedLine> _lines = [];
    private readonly List<PiecePart> _parts = [];
    private readonly List<PieceFetches> _pieces = [];
    private long[] _executions = new long[1 << 12];
    private CodeTrace? _trace;
    private ulong _space;
    private ulong _salt;
    private ulong _fetchPage = Nowhere;
    private ulong _fetchLine = Nowhere;
    private ulong _dataPage = Nowhere;
    private ulong _dataLine = Nowhere;
    private bool _isWritten;
    private ulong _page;
    private ulong _physical;

    /// <summary>The caches.</summary>
    internal CacheHierarchy Caches { get; } = caches;

    /// <summary>Takes what was executed.</summary>
    internal void Take(CodeTrace trace, ReadOnlySpan<ulong> words)
    {
        _trace = trace;
        if (trace.Space.Value != _space)
        {
            (_space, _salt) = (trace.Space.Value, (trace.Space.Value >> PageBits) << 40);
            (_fetchPage, _fetchLine, _dataPage) = (Nowhere, Nowhere, Nowhere);
        }

        Learn(trace.Pieces);
        ReadOnlySpan<PieceFetches> fetches = CollectionsMarshal.AsSpan(_pieces);
        ReadOnlySpan<FetchedLine> lines = CollectionsMarshal.AsSpan(_lines);
        ReadOnlySpan<PiecePart> parts = CollectionsMarshal.AsSpan(_parts);
        Span<long> executions = _executions;
        for (int at = 0; at < words.Length;)
        {
            int number = (int)words[at++];
            ref readonly PieceFetches piece = ref fetches[number];
            executions[number]++;
            int part = piece.FirstPart;
            int lastPart = part + piece.Parts;
            ReadOnlySpan<ulong> found = words.Slice(at, piece.Words);
            at += piece.Words;
            if (piece.Lines > 0)
            {
                Translate(piece);
                foreach (ref readonly FetchedLine line in lines.Slice(piece.FirstLine, piece.Lines))
                {
                    for (; part < lastPart && parts[part].Index < line.First; part++)
                    {
                        Take(piece, number, parts[part], found);
                    }

                    Fetch(piece, number, line);
                }
            }

            for (; part < lastPart; part++)
            {
                Take(piece, number, parts[part], found);
            }

            while (at < words.Length && TraceWords.IsAccess(words[at]))
            {
                ReadOnlySpan<ulong> access = TraceWords.AccessAt(words, at);
                TakeInterpreted(piece, number, access);
                at += access.Length;
            }
        }
    }

    /// <summary>Counts what was executed so far.</summary>
    internal void Settle()
    {
        for (int number = 0; number < _pieces.Count; number++)
        {
            PieceFetches piece = _pieces[number];
            ulong times = (ulong)_executions[number];
            _executions[number] = 0;
            Caches.CountFetches(piece.IsUser, times * (ulong)piece.Count, times * (ulong)piece.Fetches);
            Caches.CountData(AccessKind.Read, piece.IsUser, times * (ulong)piece.Reads);
            Caches.CountData(AccessKind.Write, piece.IsUser, times * (ulong)(piece.Parts - piece.Reads));
        }
    }

    private void Learn(ReadOnlySpan<CodePiece> pieces)
    {
        for (int known = _pieces.Count; known < pieces.Length; known++)
        {
            _pieces.Add(PieceFetches.Of(pieces[known], lineBits, _lines, _parts));
        }

        if (_executions.Length < _pieces.Count)
        {
            Array.Resize(ref _executions, Math.Max(_pieces.Count, 2 * _executions.Length));
        }
    }

    private void Translate(in PieceFetches piece)
    {
        ulong page = piece.Pc >> PageBits;
        if (page != _fetchPage)
        {
            _fetchPage = page;
            Caches.LookPage(SaltOf(piece.Pc) ^ page, AccessKind.Fetch, piece.IsUser);
        }
    }

    private void Fetch(in PieceFetches piece, int number, in FetchedLine line)
    {
        if (line.Line == _fetchLine)
        {
            return;
        }

        _fetchLine = line.Line;
        int missed = Caches.LookLine((SaltOf(piece.Pc) ^ line.Line) & LineMask, AccessKind.Fetch, piece.IsUser);
        if (missed > 0)
        {
            Note(number, line.First, missed);
        }
    }

    private void Take(in PieceFetches piece, int number, in PiecePart part, ReadOnlySpan<ulong> words)
    {
        ulong linear = unchecked(words[part.Word] + (ulong)part.Place);
        ulong page = words[part.Word + 1];
        if (page != _page)
        {
            (_page, _physical) = (page, _trace!.PhysicalOf(page, 0).Value);
        }

        Take(piece, number, part.Index, linear, _physical | (linear & 0xFFF), part.Size, part.IsWrite ? AccessKind.Write : AccessKind.Read);
    }

    // Those by the interpreter; they are not counted by their piece.
    private void TakeInterpreted(in PieceFetches piece, int number, ReadOnlySpan<ulong> accesses)
    {
        for (int element = 0; element < TraceWords.ElementsOf(accesses[0]); element++)
        {
            for (int i = 0; i < accesses.Length; i += TraceWords.PerAccess)
            {
                ulong place = TraceWords.PlaceOf(accesses[i], element);
                int size = TraceWords.SizeOf(accesses[i]);
                AccessKind kind = TraceWords.IsWrite(accesses[i]) ? AccessKind.Write : AccessKind.Read;
                for (int at = 0, part; at < size; at += part)
                {
                    part = TraceWords.PartOf(size - at);
                    Caches.CountData(kind, piece.IsUser, 1);
                    Take(piece, number, 0, accesses[i + 1] + place + (ulong)at, accesses[i + 2] + place + (ulong)at, part, kind);
                }
            }
        }
    }

    private void Take(in PieceFetches piece, int number, int index, ulong linear, ulong physical, int size, AccessKind kind)
    {
        ulong page = linear >> PageBits;
        if (page != _dataPage)
        {
            _dataPage = page;
            Caches.LookPage(SaltOf(linear) ^ page, kind, piece.IsUser);
        }

        ulong line = physical >> lineBits;
        ulong last = (physical + (ulong)(size - 1)) >> lineBits;
        Take(piece, number, index, line, kind);
        if (last != line)
        {
            TakeRest(piece, number, index, line + 1, last, kind);
        }
    }

    private void TakeRest(in PieceFetches piece, int number, int index, ulong line, ulong last, AccessKind kind)
    {
        for (; line <= last; line++)
        {
            Caches.CountLine(kind, piece.IsUser);
            Take(piece, number, index, line, kind);
        }
    }

    private void Take(in PieceFetches piece, int number, int index, ulong line, AccessKind kind)
    {
        bool isWrite = kind == AccessKind.Write;
        if (line == _dataLine && (_isWritten || !isWrite))
        {
            return;
        }

        (_dataLine, _isWritten) = (line, isWrite);
        int missed = Caches.LookLine(line, kind, piece.IsUser);
        if (missed > 0)
        {
            Note(number, index, missed);
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
