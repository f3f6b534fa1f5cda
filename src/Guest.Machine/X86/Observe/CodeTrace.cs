using Guest.Machine.Native;

namespace Guest.Machine.X86.Observe;

/// <summary>What a vCPU executes, taken down as it runs: by emitted code itself where code is translated, by the interpreter elsewhere.</summary>
/// <remarks>
/// Attach it with <see cref="IEngine.Observe"/>. The guest cannot tell whether it is there. Emitted code writes without looking at the buffer's end: a run's
/// budget of instructions bounds what it can write. The trace is handed over before anything happens that its reader has to know about.
/// </remarks>
public sealed partial class CodeTrace : IDisposable
{
    /// <summary>Most instructions that emitted code executes at a time.</summary>
    internal const ulong Quantum = 4096;

    // A piece's number and two accesses; no translated instruction makes more.
    private const int MostWordsPerInstruction = 1 + (2 * TraceWords.PerAccess);
    private const int MostPieces = 1 << 24;
    private const ulong TableAddress = 0x000F_FFFF_FFFF_F000;
    private const int RoomForRun = ((int)Quantum + 512) * MostWordsPerInstruction;
    private const int RoomForJumps = ((int)Quantum + 512) * 2 * sizeof(ulong);

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
        Nothing = AddPiece(default(GuestVirtual), 0, [], null);
        cpu.State.Emitted.TraceEnd = _words.Address;
        cpu.State.Emitted.TraceCounters = _counters.Address;
        if (choice.Edges)
        {
            _taken = MappedRegion.Anonymous(MostPieces * sizeof(long));
            _jumps = MappedRegion.Anonymous(2 * RoomForJumps);
            cpu.State.Emitted.TraceTaken = _taken.Address;
            cpu.State.Emitted.TraceJumps = _jumps.Address;
        }
    }

    /// <summary>The vCPU.</summary>
    public Vcpu Cpu => _cpu;

    /// <summary>The address space of what is handed over: the physical address of the top-level page table, 0 while paging is off.</summary>
    public GuestPhysical Space { get; private set; }

    /// <summary>What is taken down.</summary>
    public TraceChoice Choice { get; }

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

    /// <summary>The guest-physical address of an access by its three words.</summary>
    public GuestPhysical PhysicalOf(ReadOnlySpan<ulong> access) => !TraceWords.IsEmitted(access[0])
        ? new GuestPhysical(access[2])
        : new GuestPhysical(Memory.GuestMemory.AddressOf(_cpu.Memory.PageOf((nint)access[2])).Value + (access[1] & 0xFFF));

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
    internal CodePiece AddPiece(GuestVirtual pc, int ring, PieceInstruction[] instructions, GuestVirtual? target)
    {
        if (_pieces.Find(pc, ring, instructions, target) is { } known)
        {
            return known;
        }

        if (_pieces.Count == MostPieces)
        {
            throw new ReplayKitException(900, ExitCode.HostCannot, $"the guest has executed more than {MostPieces} different pieces of code: observe a shorter part of the recording");
        }

        CodePiece piece = new(this, _pieces.Count, pc, ring, instructions, target);
        piece.IsCounted = Choice.Counts && piece.Count > 0 && Choice.Counted?.Invoke(piece) != false;
        _pieces.Add(piece);
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

    private ref long Counter(CodePiece piece) => ref Raw.Ref<long>(_counters.Address + (piece.Number * sizeof(long)));

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
        const int AccessBytes = TraceWords.PerAccess * sizeof(ulong);
        for (at += sizeof(ulong); at < s.Emitted.TraceEnd; at += AccessBytes)
        {
            if (TraceWords.IndexOf(Raw.Load<ulong>(at)) >= rest.Count)
            {
                s.Emitted.TraceEnd = at;
            }
        }
    }
}
