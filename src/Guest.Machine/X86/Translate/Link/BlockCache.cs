using System.Collections.Immutable;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.Native;
using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Decode;
using Guest.Machine.X86.Translate.Emit;
using Guest.Machine.X86.Translate.Native;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>All translated blocks of a vCPU: finds them, makes them, drops them. When the code memory is full, all go at once.</summary>
internal sealed class BlockCache : IDisposable
{
    private const nint RoomForBlock = 1 << 17;

    // Conditional jumps within a block: what follows one that is mostly taken is translated in vain.
    private const int MostJumps = 3;
    private readonly Vcpu _cpu;
    private readonly CodeMemory _memory;
    private readonly CodeWriter _hot;
    private readonly CodeWriter _cold;
    private readonly BlockEmitter _emitter;
    private readonly InstructionReader _reader;
    private readonly JumpCache _jumps;
    private readonly PageBlocks?[] _pages;
    private readonly GuestInstruction[] _ops;
    private readonly List<TranslatedBlock> _removed = [];
    private readonly Action _emptied;
    private ImmutableArray<ulong> _cuts = [];

    /// <param name="cpu">The vCPU.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="emptied">Called when all code has gone, with every address in it that somebody keeps.</param>
    internal BlockCache(Vcpu cpu, EngineOptions options, Action emptied)
    {
        _emptied = emptied;
        _cpu = cpu;
        _memory = new CodeMemory(options.CodeBytes);
        const int Fixed = 1 << 16;
        nint middle = _memory.Start + Fixed + ((options.CodeBytes - Fixed) / 8 * 5);
        _hot = new CodeWriter(_memory.Start + Fixed, middle, _memory.Distance);
        _cold = new CodeWriter(middle, _memory.Start + options.CodeBytes, _memory.Distance);
        Links = new LinkTable(_hot, options.CodeBytes);
        var fixedCode = new CodeWriter(_memory.Start, _memory.Start + Fixed, _memory.Distance);
        var stubs = new Trampolines(fixedCode, cpu.SharesRam);
        if (fixedCode.Room < 0)
        {
            throw new InvalidOperationException($"what all blocks share has {fixedCode.Here - _memory.Start} bytes");
        }

        Enter = stubs.Enter;
        EmptyReturn = stubs.EmptyReturn;
        _emitter = new BlockEmitter(_hot, _cold, stubs, Links, options.MaxBlock, cpu.SharesRam);
        _reader = new InstructionReader(cpu.Model);
        _jumps = new JumpCache(cpu.JumpCacheMemory);
        _pages = new PageBlocks?[cpu.Memory.PageCount];
        _ops = new GuestInstruction[options.MaxBlock];
        ForgetJumps();
    }

    /// <summary>The way into emitted code.</summary>
    internal nint Enter { get; }

    /// <summary>What the shadow stacks' bottoms lead to.</summary>
    internal nint EmptyReturn { get; }

    /// <summary>Exits and jumps of the blocks.</summary>
    internal LinkTable Links { get; }

    /// <summary>Whether kernel code at user addresses may be linked: a switch of the user half then undoes what one of the kernel's does.</summary>
    internal bool HasLowKernelCode { get; private set; }

    /// <summary>What takes down what is executed, or null. Blocks made for another one must have gone.</summary>
    internal Observe.CodeTrace? Trace
    {
        get => _emitter.Trace;
        set => _emitter.Trace = value;
    }

    /// <summary>Blocks translated so far.</summary>
    internal long Translated { get; private set; }

    /// <summary>Times that the code memory was emptied because it was full.</summary>
    internal long Emptied { get; private set; }

    /// <summary>The code for a linear address, made if there is none; 0 where a page fault is pending instead.</summary>
    /// <exception cref="GuestFaultException">It may not be fetched for another reason.</exception>
    internal nint FindCode(ulong address, ModeKey mode)
    {
        ulong key = KeyOf(mode);
        nint code = _jumps.Find(mode.Access, address, key);
        return code != 0 ? code : _cpu.TryAllowFetch(address) ? FindBlock(address, mode).Entry : 0;
    }

    /// <summary>As <see cref="FindCode"/>, without the gate: 0 also where that does not suffice.</summary>
    internal nint FindCodeAlone(ulong address, ModeKey mode)
    {
        nint code = _jumps.Find(mode.Access, address, KeyOf(mode));
        return code != 0 ? code : FindBlockAlone(address, mode)?.Entry ?? 0;
    }

    /// <summary>As <see cref="FindBlock"/>, without the gate: null where that does not suffice.</summary>
    internal TranslatedBlock? FindBlockAlone(ulong address, ModeKey mode)
    {
        if (!_cpu.TryFetchAlone(address, out nint host) || _pages[_cpu.Memory.PageOf(host)] is not { } blocks)
        {
            return null;
        }

        int page = _cpu.Memory.PageOf(host);
        return MayTranslateAlone(page) || blocks.Find((int)(address & 0xFFF), mode, LinearOf(address, mode)) is not null ? Find(address, host, mode) : null;
    }

    private bool MayTranslateAlone(int page) => _hot.Room >= RoomForBlock && _cold.Room >= RoomForBlock && _cpu.MayDeriveAlone(page);

    /// <summary>The block at a linear address; made if there is none.</summary>
    /// <exception cref="GuestFaultException">It may not be fetched.</exception>
    internal TranslatedBlock FindBlock(ulong address, ModeKey mode)
    {
        return Find(address, _cpu.FetchHost(address), mode);
    }

    private ulong LinearOf(ulong address, ModeKey mode) => mode.IsSupervisor || Trace is not null || IsCut(address) ? address & ~0xFFFUL : 0;

    private TranslatedBlock Find(ulong address, nint host, ModeKey mode)
    {
        int page = _cpu.Memory.PageOf(host);
        int offset = (int)(address & 0xFFF);
        ulong linear = LinearOf(address, mode);
        HasLowKernelCode |= mode.IsSupervisor && (long)address >= 0;
        TranslatedBlock block = _pages[page]?.Find(offset, mode, linear) ?? Translate(host & ~0xFFF, new TranslatedBlock(page, offset, mode, linear));
        if (!mode.IsApart && !block.Crosses)
        {
            _jumps.Add(mode.Access, address, KeyOf(mode), block.Entry);
        }

        return block;
    }

    /// <summary>Gives the jump cache a block of one instruction that goes on in the next page, where both pages are known as they were last fetched from.</summary>
    /// <remarks>
    /// An entry of the jump cache lasts as long as the mappings that instructions were fetched through, both pages' here; and the block looks each time whether
    /// the second page still holds the same bytes, so that nothing need know of it that writes there.
    /// </remarks>
    /// <param name="address">Where it begins.</param>
    /// <param name="mode">What it is translated for.</param>
    /// <param name="alone">Whether that is without the gate: nothing happens where it does not suffice.</param>
    internal void Cross(ulong address, ModeKey mode, bool alone = false)
    {
        ulong linear = address & ~0xFFFUL;
        bool user = !mode.IsSupervisor;
        if (!MayCross || !_cpu.KnowsFetch(user, address, out nint host) || !_cpu.KnowsFetch(user, linear + 0x1000, out nint second))
        {
            return;
        }

        int page = _cpu.Memory.PageOf(host);
        if (!_cpu.MayRead(page) || !_cpu.MayRead(_cpu.Memory.PageOf(second)))
        {
            return;
        }

        int offset = (int)(address & 0xFFF);
        TranslatedBlock? block = _pages[page]?.Find(offset, mode.Crossing, linear);
        bool isStale = block is not null && (block.Second != second || !Raw.Span(second, block.Tail.Length).SequenceEqual(block.Tail));
        if (alone && (isStale || (block is null && !MayTranslateAlone(page))))
        {
            return;
        }

        if (isStale)
        {
            _pages[page]!.Remove(block!, _removed);
            _ = DropRemoved(page);
            block = null;
        }

        block ??= TranslateCrossing(host & ~0xFFF, second, new TranslatedBlock(page, offset, mode.Crossing, linear));
        if (block.Entry != 0)
        {
            _jumps.Add(mode.Access, address, KeyOf(mode), block.Entry);
        }
    }

    // Stops know whole pages only.
    private bool MayCross => _cuts.IsEmpty;

    /// <summary>Ends blocks before the places at which a run is to stop: those are the interpreter's. Costs the blocks at places that come or go.</summary>
    /// <param name="stops">A run that looks at every instruction, or at none (null), leaves the blocks as they are for the next one.</param>
    internal void StopAt(InstructionStops? stops)
    {
        if (stops is null || (stops.Everywhere && stops.Places.IsEmpty) || stops.Places.AsSpan().SequenceEqual(_cuts.AsSpan()))
        {
            return;
        }

        ImmutableArray<ulong> changed = [.. stops.Places.Except(_cuts), .. _cuts.Except(stops.Places)];
        _cuts = stops.Places;
        for (int page = 0; page < _pages.Length; page++)
        {
            if (_pages[page] is { } blocks)
            {
                blocks.RemoveAt(changed, _removed);
                DropRemoved(page);
            }
        }

        ForgetJumps();
        _emptied();
    }

    /// <summary>Drops the blocks that contain any of the bytes of a page.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Drop(int page, int offset, int length)
    {
        if (_pages[page] is not { } blocks)
        {
            return false;
        }

        blocks.Remove(offset, length, _removed);
        if (!DropRemoved(page))
        {
            return false;
        }

        ForgetJumps();
        return true;
    }

    /// <summary>Whether code of a page is translated.</summary>
    internal bool Holds(int page) => _pages[page] is not null;

    /// <summary>Drops everything.</summary>
    internal void Empty()
    {
        for (int page = 0; page < _pages.Length; page++)
        {
            if (_pages[page] is not null)
            {
                _pages[page] = null;
                _cpu.ForgetCode(page);
            }
        }

        _hot.Empty();
        _cold.Empty();
        Links.Clear();
        ForgetJumps();
        _emptied();
    }

    /// <summary>Another user address space is in force.</summary>
    /// <param name="comesRound">Whether the jump cache's keys may come again.</param>
    internal void SwitchUser(bool comesRound)
    {
        if (comesRound)
        {
            _jumps.Clear(AccessMode.User);
        }
    }

    /// <summary>The kernel's code may be mapped otherwise.</summary>
    internal void SwitchKernel()
    {
        _jumps.Clear(AccessMode.Supervisor);
        _jumps.Clear(AccessMode.SupervisorAc);
        Links.DisconnectFar();
        HasLowKernelCode = false;
    }

    /// <summary>Forgets which code belongs to which address; the blocks stay.</summary>
    internal void ForgetJumps()
    {
        for (int mode = 0; mode < X86.Tlb.Modes; mode++)
        {
            _jumps.Clear((AccessMode)mode);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        Links.Dispose();
    }

    // Takes blocks that a page has given up out of the links.
    private bool DropRemoved(int page)
    {
        foreach (TranslatedBlock block in _removed)
        {
            block.IsDropped = true;
            Links.Disconnect(block);
        }

        bool some = _removed.Count > 0;
        _removed.Clear();
        if (_pages[page] is { Count: 0 })
        {
            _pages[page] = null;
        }

        return some;
    }

    private ulong KeyOf(ModeKey mode) => mode.IsSupervisor ? _cpu.State.Emitted.KernelKey : _cpu.State.Emitted.UserKey;

    private TranslatedBlock Translate(nint hostPage, TranslatedBlock block)
    {
        MakeRoom();
        Links.Add(block);
        bool interpreted = Decode(hostPage, block, out int count);
        return Added(Emit(block, count, interpreted));
    }

    private TranslatedBlock Emit(TranslatedBlock block, int count, bool interpreted)
    {
        block.Piece = count == 0 ? null : Trace?.AddPiece(block.Linear, block.Mode.IsSupervisor ? 0 : 3, _ops.AsSpan(0, count));
        _emitter.Emit(block, _ops, count, interpreted);
        if (block.Piece?.IsEmitted == true && !block.Piece.Lay(_emitter.Accesses))
        {
            // Known with other accesses: once more, as a piece of its own.
            block = new TranslatedBlock(block.Page, block.Offset, block.Mode, block.Linear) { Bytes = block.Bytes, Second = block.Second, SecondPage = block.SecondPage, Tail = block.Tail };
            Links.Add(block);
            block.Piece = Trace!.AddPiece(block.Linear, block.Mode.IsSupervisor ? 0 : 3, _ops.AsSpan(0, count), isOther: true);
            _emitter.Emit(block, _ops, count, interpreted);
            block.Piece.Lay(_emitter.Accesses);
        }

        return block;
    }

    // What is not translated is remembered without code.
    private TranslatedBlock TranslateCrossing(nint hostPage, nint hostNext, TranslatedBlock block)
    {
        _reader.ReadCrossing(hostPage, block.Offset, hostNext, out _ops[0]);
        block.Bytes = 0x1000 - block.Offset;
        block.Second = hostNext;
        block.SecondPage = _cpu.Memory.PageOf(hostNext);
        block.Tail = [.. Raw.Span(hostNext, Math.Max(_ops[0].Length - block.Bytes, 0))];
        bool leaves = EndsTurn(_ops[0]) || Trace?.Leaves(_ops[0], block.Linear + (ulong)block.Offset) == true;
        if (block.Tail.Length > 0 && IsTranslated(_ops[0], block.Mode.Together) && !leaves)
        {
            MakeRoom();
            Links.Add(block);
            block = Emit(block, 1, interpreted: false);
        }

        return Added(block);
    }

    private void MakeRoom()
    {
        if (_hot.Room < RoomForBlock || _cold.Room < RoomForBlock)
        {
            Empty();
            Emptied++;
        }

        _memory.Need(_hot.Here);
        _memory.Need(_cold.Here);
    }

    private TranslatedBlock Added(TranslatedBlock block)
    {
        _cpu.Memory.Derive(block.Page, PageFlags.Code);
        (_pages[block.Page] ??= new PageBlocks()).Add(block);
        Translated++;
        return block;
    }

    private bool IsStop(TranslatedBlock block, int offset) => _cuts.BinarySearch(block.Linear + (ulong)offset) >= 0;

    // Code of a process serves every mapping of its page, but for those in which it is cut.
    private bool IsCut(ulong address)
    {
        ulong page = address & ~0xFFFUL;
        int first = _cuts.BinarySearch(page);
        first = first < 0 ? ~first : first;
        return first < _cuts.Length && _cuts[first] - page < 0x1000;
    }

    // A block goes on behind a conditional jump forwards: those backwards are mostly taken.
    private static bool IsWithin(in GuestInstruction op) => op.Kind == EmitKind.JumpIf && (long)op.Decoded.NearBranchTarget > op.Offset;

    // Where vCPUs run at once, each reading of the time is a matter of their order.
    private bool IsTranslated(in GuestInstruction op, ModeKey mode) => BlockEmitter.IsTranslated(op, mode) && !(op.Kind == EmitKind.ReadTime && _cpu.SharesRam);

    private bool EndsTurn(in GuestInstruction op) => _cpu.TakesTurns && op.Decoded.Code == Iced.Intel.Code.Pause;

    // Returns whether the block ends before an instruction that the interpreter must execute.
    private bool Decode(nint hostPage, TranslatedBlock block, out int count)
    {
        count = 0;
        int jumps = 0;
        bool vectors = false;
        bool x87 = false;
        for (int at = block.Offset; at < 0x1000 && count < _ops.Length; at = _ops[count++].Next)
        {
            if (!_reader.TryRead(hostPage, at, out _ops[count]))
            {
                block.Crosses = count == 0 && MayCross;
                return count == 0 || !MayCross;
            }

            if (!IsTranslated(_ops[count], block.Mode) || IsStop(block, at) || EndsTurn(_ops[count]) || Trace?.Leaves(_ops[count], block.Linear + (ulong)at) == true)
            {
                return true;
            }

            EmitKind kind = _ops[count].Kind;
            if (BlockEmitter.EndsBlock(kind) && !(IsWithin(_ops[count]) && ++jumps <= MostJumps))
            {
                count++;
                return false;
            }

            // The block's beginning loads what it uses, which may not be reached behind a jump.
            if (jumps > 0 && BlockEmitter.UsesUnit(kind) && !(BlockEmitter.UsesX87(kind) ? x87 : vectors))
            {
                return false;
            }

            vectors |= BlockEmitter.UsesVectors(kind);
            x87 |= BlockEmitter.UsesX87(kind);
        }

        // Another vCPU can stop it at the next block, where the shadow of an STI would no longer be known: the interpreter keeps it.
        if (_cpu.SharesRam && count > 0 && _ops[count - 1].Kind == EmitKind.EnableInterrupts)
        {
            count--;
            return true;
        }

        return false;
    }
}
