using Guest.Machine.Native;

namespace Guest.Machine.X86.Observe;

/// <summary>What a vCPU executes, taken down as it runs: by emitted code itself where code is translated, by the interpreter elsewhere.</summary>
/// <remarks>
/// Attach it with <see cref="IEngine.Observe"/>. The guest cannot tell whether it is there. Emitted code writes without looking at the buffer's end: a run's
/// budget of instructions bounds what it can write. The trace is handed over before anything happens that its reader has to know about.
/// </remarks>
public sealed partial class CodeTrace : IDisposable
{
    // Most instructions that emitted code executes at a time.
    private const int MostInstructions = 16_384;

    // A piece's number and two searches for accesses; no translated instruction makes more.
    private const int MostWordsPerInstruction = 1 + (2 * 2);
    private const int MostPieces = 1 << 24;

    // In the middle of a piece.
    private const int MostJumps = 16;
    private const ulong TableAddress = 0x000F_FFFF_FFFF_F000;
    private const int RoomForRun = (MostInstructions + 512) * MostWordsPerInstruction;
    private const int RoomForJumps = (MostInstructions + 512) * 2 * sizeof(ulong);

    // Handed over while it is in the processor's cache.
    private const int FullAt = 1 << 14;
    private const int Capacity = RoomForRun + FullAt;

    private readonly Vcpu _cpu;
    private readonly ITraceSink _sink;
    private readonly MappedRegion _words = MappedRegion.Anonymous(Capacity * sizeof(ulong));
    private readonly MappedRegion _counters;
    private readonly MappedRegion? _taken;
    private readonly MappedRegion? _jumps;
    private readonly PieceTable _pieces = new();
    private readonly HashSet<ulong> _places = [];
    private bool _placesChanged;

    /// <summary>Makes the trace of a vCPU.</summary>
    /// <param name="cpu">The vCPU.</param>
    /// <param name="choice">What is taken down.</param>
    /// <param name="sink">Who takes it.</param>
    public CodeTrace(Vcpu cpu, TraceChoice choice, ITraceSink sink)
    {
        (_cpu, Choice, _sink) = (cpu, choice, sink);
        _counters = MappedRegion.Anonymous(MostPieces * sizeof(long));
        Space = SpaceOf(cpu);
        From = cpu.RetiredInAll;
        Nothing = AddPiece(default, 0, ReadOnlyMemory<PieceInstruction>.Empty, null, []);
        cpu.State.Emitted.TraceEnd = _words.Address;
        if (choice.Edges)
        {
            _taken = MappedRegion.Anonymous(MostPieces * sizeof(long));
            _jumps = MappedRegion.Anonymous(2 * RoomForJumps);
            cpu.State.Emitted.TraceJumps = _jumps.Address;
        }
    }

    /// <summary>The vCPU.</summary>
    public Vcpu Cpu => _cpu;

    /// <summary>The address space of what is handed over: the physical address of the top-level page table, 0 while paging is off.</summary>
    public GuestPhysical Space { get; private set; }

    /// <summary>What is taken down.</summary>
    public TraceChoice Choice { get; }

    /// <summary>Most instructions that emitted code executes at a time.</summary>
    internal static ulong Quantum => MostInstructions;

    /// <summary>Words that say where the accesses of one search of the TLB were.</summary>
    internal int WordsOfSearch => Choice.Physical ? 2 : 1;

    /// <summary>All pieces of code, by number.</summary>
    public ReadOnlySpan<CodePiece> Pieces => _pieces.All;

    /// <summary>The piece whose accesses belong to no instruction: what the delivery of an interrupt or exception does.</summary>
    public CodePiece Nothing { get; }

    /// <summary>Instructions retired, over all vCPUs, where what is handed over begins.</summary>
    public ulong From { get; private set; }

    /// <summary>Executions of each piece, by number; may be reset by who reads them. Valid until the next piece is added.</summary>
    public Span<long> Counts => Raw.Span<long>(_counters.Address, _pieces.Count);

    /// <summary>How often the conditional jump that ends a piece was taken, by number; may be reset by who reads them. Valid until the next piece is added.</summary>
    public Span<long> Taken => _taken is null ? [] : Raw.Span<long>(_taken.Address, _pieces.Count);

    /// <summary>How often a piece that ends with an indirect jump or call, or a far one, went where; to be cleared by who reads them. Complete after <see cref="TakeJumps"/>.</summary>
    public PieceTally Jumps { get; } = new();

    /// <summary>Counts the indirect jumps that emitted code has written down.</summary>
    public void TakeJumps()
    {
        if (_jumps is null)
        {
            return;
        }

        ref nint end = ref _cpu.State.Emitted.TraceJumps;
        ReadOnlySpan<ulong> words = Raw.Span<ulong>(_jumps.Address, (int)((end - _jumps.Address) / sizeof(ulong)));
        for (int i = 0; i < words.Length; i += 2)
        {
            Jumps.Of(0, (int)words[i], words[i + 1]).Count++;
        }

        end = _jumps.Address;
    }

    /// <summary>Has the sink called at the instruction at a linear address, from the engine's next stop on (before the next timer or input).</summary>
    public void AddPlace(GuestVirtual pc) => _placesChanged |= _places.Add(pc.Value);

    /// <summary>Hands over what is there.</summary>
    public void HandOver()
    {
        ref CpuState s = ref _cpu.State;
        int count = (int)((s.Emitted.TraceEnd - _words.Address) / sizeof(ulong));
        if (count > 0)
        {
            _sink.Take(this, Raw.Span<ulong>(_words.Address, count));
            s.Emitted.TraceEnd = _words.Address;
        }

        From = _cpu.RetiredInAll;
    }

    /// <summary>The guest-physical address of an access by emitted code, which needs <see cref="TraceChoice.Physical"/>.</summary>
    /// <param name="page">The word that says which page.</param>
    /// <param name="linear">Its linear address.</param>
    public GuestPhysical PhysicalOf(ulong page, ulong linear) => new(Memory.GuestMemory.AddressOf(_cpu.Memory.PageOf((nint)page)).Value + (linear & 0xFFF));

    /// <inheritdoc/>
    public void Dispose()
    {
        _words.Dispose();
        _counters.Dispose();
        _taken?.Dispose();
        _jumps?.Dispose();
    }

    /// <summary>A run begins: the other vCPUs may have gone on in between.</summary>
    internal void BeginRun(IEngine engine)
    {
        if (_placesChanged)
        {
            _placesChanged = false;
            engine.DropBlocks();
        }

        if (_cpu.State.Emitted.TraceEnd == _words.Address)
        {
            From = _cpu.RetiredInAll;
        }
    }

    /// <summary>Makes room for what emitted code may write at a time.</summary>
    internal void MakeRoom(ref CpuState s)
    {
        if (s.Emitted.TraceEnd - _words.Address > FullAt * sizeof(ulong))
        {
            HandOver();
        }

        if (_jumps is not null && s.Emitted.TraceJumps - _jumps.Address > RoomForJumps)
        {
            TakeJumps();
        }
    }

    /// <summary>A run has come back. Several vCPUs in turn hand over before the next one goes on.</summary>
    internal void EndRun()
    {
        if (_cpu.TakesTurns)
        {
            HandOver();
        }
    }

    /// <summary>The piece that consists of these instructions; the same one each time.</summary>
    /// <param name="pc">The first one's linear address.</param>
    /// <param name="ring">The privilege level.</param>
    /// <param name="instructions">The instructions.</param>
    /// <param name="target">Where the jump or call at its end leads, where that is known.</param>
    /// <param name="passed">The conditional jumps in its middle.</param>
    /// <param name="isEmitted">Whether it is of emitted code that takes down its accesses.</param>
    /// <param name="isShorter">Whether it is a part of another piece, with that one's accesses.</param>
    /// <param name="isOther">Whether it is another one than those that are known.</param>
    internal CodePiece AddPiece(
        GuestVirtual pc, int ring, ReadOnlyMemory<PieceInstruction> instructions, GuestVirtual? target, PassedJump[] passed, bool isEmitted = false, bool isShorter = false, bool isOther = false)
    {
        bool isFound = !(isEmitted && isShorter);
        if (isFound && !isOther && _pieces.Find(pc, ring, instructions.Span, target, isEmitted) is { } known)
        {
            return known;
        }

        if (_pieces.Count >= MostPieces - (2 * MostJumps))
        {
            throw new ReplayKitException(900, ExitCode.HostCannot, $"the guest has executed more than {MostPieces} different pieces of code: observe a shorter part of the recording");
        }

        CodePiece piece = new(this, _pieces.Count, pc, ring, instructions, target, passed, isEmitted);
        piece.IsCounted = Choice.Counts && piece.Count > 0 && Choice.Counted?.Invoke(piece) != false;
        _pieces.Add(piece, isFound);
        return piece;
    }

    /// <summary>Emitted code has left in the middle of a piece, or before it: takes back what was not executed.</summary>
    internal void Shorten(CodePiece piece, int executed)
    {
        if (executed == piece.Count)
        {
            return;
        }

        CodePiece rest = piece.Shorter(executed);
        if (piece.IsCounted)
        {
            Counter(piece)--;
        }

        if (rest.IsCounted)
        {
            Counter(rest)++;
        }

        if (Choice.Pieces)
        {
            TakeBack(ref _cpu.State, piece, rest);
        }
    }

    /// <summary>A jump out of the middle of a piece was counted, and is no jump.</summary>
    internal void TakeBackExit(CodePiece piece, int jump)
    {
        if (piece.IsCounted)
        {
            Raw.Ref<long>(CounterOf(piece.Passed[jump].Exit))--;
        }

        if (Choice.Pieces)
        {
            Raw.Store(Choice.Accesses ? _cpu.State.Emitted.TracePiece : _cpu.State.Emitted.TraceEnd - sizeof(ulong), (ulong)piece.Number);
        }
    }

    // Gives the jumps in the middle of a piece of emitted code the pieces that they make of it.
    private CodePiece WithExits(CodePiece piece)
    {
        if (!piece.HasExits)
        {
            for (int jump = 0; jump < piece.Passed.Length; jump++)
            {
                _pieces.Add(piece.MakeExit(this, _pieces.Count, jump), isFound: false);
            }
        }

        return piece;
    }

    /// <summary>Where in the host a piece's executions are counted.</summary>
    internal nint CounterOf(int piece) => _counters.Address + (piece * sizeof(long));

    /// <summary>Where in the host it is counted that the conditional jump at its end is taken.</summary>
    internal nint TakenOf(int piece) => _taken!.Address + (piece * sizeof(long));

    private ref long Counter(CodePiece piece) => ref Raw.Ref<long>(CounterOf(piece.Number));

    private void TakeBack(ref CpuState s, CodePiece piece, CodePiece rest)
    {
        nint at = Choice.Accesses ? s.Emitted.TracePiece : s.Emitted.TraceEnd - sizeof(ulong);
        if (at < _words.Address || at >= s.Emitted.TraceEnd || Raw.Load<ulong>(at) != (ulong)piece.Number)
        {
            throw new InvalidOperationException("emitted code has not written down the piece that it left");
        }

        if (rest.Count == 0)
        {
            s.Emitted.TraceEnd = at;
            return;
        }

        Raw.Store(at, (ulong)rest.Number);
        s.Emitted.TraceEnd = at + ((1 + rest.Words) * sizeof(ulong));
    }
}
