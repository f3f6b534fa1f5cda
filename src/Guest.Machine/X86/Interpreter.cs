using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Guest.Machine.Memory;
using Guest.Machine.Native;
using Guest.Machine.X86.Decode;
using Guest.Machine.X86.Observe;

namespace Guest.Machine.X86;

/// <summary>The reference engine: executes predecoded blocks, one handler per instruction.</summary>
public sealed class Interpreter : IEngine, ICodeHolder
{
    private const int JumpCacheSize = 4096;
    private const int MaxCachedOps = 1 << 22;
    private const int Crossings = 256;
    private readonly Vcpu _cpu;
    private readonly BlockDecoder _decoder;
    private readonly JumpCacheEntry[] _singles = new JumpCacheEntry[JumpCacheSize];
    private readonly JumpCacheEntry[] _jumpCache = new JumpCacheEntry[JumpCacheSize];
    private readonly CodePage?[] _pages;
    private readonly MappedRegion _crossing = MappedRegion.Anonymous(0x1000);
    private readonly Crossing[] _crossings = new Crossing[Crossings];
    private CodeTrace? _trace;
    private int _codeGeneration;
    private int _cachedOps;

    /// <summary>Creates the engine for a vCPU.</summary>
    /// <param name="cpu">The vCPU.</param>
    /// <param name="maxBlock">Most instructions of a block, 1 to 256; invisible to the guest.</param>
    public Interpreter(Vcpu cpu, int maxBlock = 64)
    {
        _cpu = cpu;
        _decoder = new BlockDecoder(cpu.Model, maxBlock);
        _pages = new CodePage?[cpu.Memory.PageCount];
        cpu.CodeHolders.Add(this);
    }

    /// <inheritdoc/>
    public IInstructionObserver? Observer
    {
        get;
        set
        {
            field = value;
            _cpu.DeliveryObserver = value;
        }
    }

    /// <inheritdoc/>
    public void Observe(CodeTrace? trace)
    {
        _trace = trace;
        Observer = trace;
        _cpu.Observe(trace is { Choice.Accesses: true } ? trace : null);
        DropBlocks();
    }

    /// <inheritdoc/>
    public InstructionStops? Stops { get; private set; }

    /// <inheritdoc/>
    public void Attach(InstructionStops? stops)
    {
        Stops = stops;
        _codeGeneration++;
        _cpu.EndBlock();
    }

    /// <inheritdoc/>
    public void Run(ulong until)
    {
        ref CpuState s = ref _cpu.State;
        _cpu.Attention = false;
        _trace?.BeginRun(this);
        while (s.Retired < until && !_cpu.Attention)
        {
            try
            {
                RunBlocks(ref s, until);
            }
            catch (GuestFaultException fault)
            {
                _cpu.Deliver(fault);
            }
        }

        _trace?.EndRun();
    }

    /// <inheritdoc/>
    public void Dispose() => _crossing.Dispose();

    /// <inheritdoc/>
    public void DropBlocks()
    {
        for (int page = 0; page < _pages.Length; page++)
        {
            if (_pages[page] is not null)
            {
                _pages[page] = null;
                _cpu.ForgetCode(page);
            }
        }

        _cachedOps = 0;
        _codeGeneration++;
        _cpu.EndBlock();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunBlocks(ref CpuState s, ulong until)
    {
        while (s.Retired < until && !_cpu.Attention)
        {
            if (_cpu.Careful || Observer is not null || Stops is { Everywhere: true })
            {
                RunOneCarefully(ref s);
                continue;
            }

            Block block = FindBlock(ref s);
            if (block.IsStop && Stops!.StopsBefore(_cpu))
            {
                return;
            }

            ulong left = until - s.Retired;
            s.OpsLeft = left < (ulong)block.Ops.Length ? (long)left : block.Ops.Length;
            ref Op op = ref MemoryMarshal.GetArrayDataReference(block.Ops);
            do
            {
                s.InstructionStart = s.Rip;
                s.Rip += op.Length;
                OpPointer.Invoke(_cpu, ref op);
                s.Retired++;
                op = ref Unsafe.Add(ref op, 1);
            }
            while (--s.OpsLeft > 0);
        }
    }

    // One instruction with everything that may stand around it: shadow, single step, debug registers, observers.
    private void RunOneCarefully(ref CpuState s)
    {
        if (Stops is { } stops && stops.Concerns(_cpu.CodeAddress(s.Rip)) && stops.StopsBefore(_cpu))
        {
            return;
        }

        _cpu.BeginInstruction();
        Block block = FindBlock(ref s);
        ref Op op = ref block.Ops[0];
        Observer?.Executing(_cpu, ref op);
        Execute(ref s, ref op);
        Observer?.Retired(_cpu, ref op);
        _cpu.EndInstruction();
    }

    private void Execute(ref CpuState s, ref Op op)
    {
        s.OpsLeft = 1;
        s.InstructionStart = s.Rip;
        s.Rip += op.Length;
        OpPointer.Invoke(_cpu, ref op);
        s.Retired++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Block FindBlock(ref CpuState s) => Find(ref s, _jumpCache, single: false);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Block Find(ref CpuState s, JumpCacheEntry[] entries, bool single)
    {
        ulong address = _cpu.CodeAddress(s.Rip);
        ulong stamp = Stamp(address);
        ref JumpCacheEntry entry = ref entries[(int)((address ^ (address >> 12)) & (JumpCacheSize - 1))];
        return entry.Address == address && entry.Stamp == stamp && entry.Block is { } block ? block : FindBlockSlow(address, ref entry, single);
    }

    // What a remembered block depends on beside its address.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Stamp(ulong address) => ((ulong)_cpu.FetchGeneration(address) << 32) | ((uint)_codeGeneration << 4) | _cpu.CodeMode;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Block FindBlockSlow(ulong address, ref JumpCacheEntry entry, bool single)
    {
        _cpu.CheckFetchLimit();
        nint host = _cpu.FetchHost(address);
        int codeSize = _cpu.CodeSize;
        int page = _cpu.Memory.PageOf(host);
        int offset = (int)(address & 0xFFF);
        Block? block = _pages[page]?.Find(offset, codeSize, single);
        if (block is null && FindCrossing(address, host, codeSize) is { } crossing)
        {
            return Stops is { } looked ? looked.Cut(crossing, address) : crossing;
        }

        block ??= Decode(host & ~0xFFF, page, offset, codeSize, single);
        if (block is null)
        {
            block = DecodeCrossing(address, host, codeSize);
            return Stops is { } asked ? asked.Cut(block, address) : block;
        }

        if (Stops is { } stops && stops.Touches(address, block.Bytes))
        {
            return stops.Cut(block, address);
        }

        entry.Address = address;
        entry.Stamp = Stamp(address);
        entry.Block = block;
        return block;
    }

    private Block? Decode(nint hostPage, int page, int offset, int codeSize, bool single)
    {
        _cpu.RequireDerived(page, _cachedOps > MaxCachedOps);
        if (_cachedOps > MaxCachedOps)
        {
            DropBlocks();
        }

        Block? block = _decoder.Decode(hostPage, page, offset, codeSize, single);
        if (block is not null)
        {
            _cpu.Memory.Derive(page, PageFlags.Code);
            (_pages[page] ??= new CodePage()).Add(block, codeSize, single);
            _cachedOps += block.Ops.Length;
        }

        return block;
    }

    // An instruction over two pages is read anew each time from both, with the second page's fetch checked at that moment.
    private Block DecodeCrossing(ulong address, nint host, int codeSize)
    {
        ReadCrossing(address, host);
        Block block = _decoder.DecodeOne(_crossing.Address, 16, codeSize)
            ?? throw new InvalidOperationException("sixteen bytes always hold an instruction or none");
        _crossings[CrossingIndex(address)] = new Crossing(address, codeSize, Raw.Load<UInt128>(_crossing.Address), block);
        return block;
    }

    // What was decoded at an address before, if its bytes are the same: those of the first page say that it goes on in the second.
    private Block? FindCrossing(ulong address, nint host, int codeSize)
    {
        ref readonly Crossing known = ref _crossings[CrossingIndex(address)];
        if (known.Block is null || known.Address != address || known.CodeSize != codeSize)
        {
            return null;
        }

        UInt128 bytes = known.Bytes;
        int first = FirstPart(address);
        if (!Raw.Span(host, first).SequenceEqual(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref bytes, 1))[..first]))
        {
            return null;
        }

        ReadCrossing(address, host);
        return Raw.Load<UInt128>(_crossing.Address) == bytes ? known.Block : null;
    }

    private void ReadCrossing(ulong address, nint host)
    {
        int first = FirstPart(address);
        Raw.Span(host, first).CopyTo(Raw.Span(_crossing.Address, first));
        nint second = _cpu.FetchHost(_cpu.CodeWrap(address + (ulong)first));
        Raw.Span(second, 16 - first).CopyTo(Raw.Span(_crossing.Address + first, 16 - first));
    }

    private static int FirstPart(ulong address) => 0x1000 - (int)(address & 0xFFF);

    private static int CrossingIndex(ulong address) => (int)(address >> 12) & (Crossings - 1);

    /// <summary>As <see cref="Run"/> for another engine that has come to its end: faults are raised to it, and what wants attention is left.</summary>
    internal void Go(ulong until) => RunBlocks(ref _cpu.State, until);

    /// <summary>What the instruction at RIP is, where it can be known without the gate.</summary>
    internal Iced.Intel.Code CodeAlone()
    {
        ref CpuState s = ref _cpu.State;
        return FindSingle(ref s).Ops[0].Code;
    }

    /// <summary>Executes the instruction at RIP for another engine, which has made sure that nothing stands around it.</summary>
    /// <exception cref="GuestFaultException">It faults.</exception>
    internal void Step(Translate.TranslatorStatistics statistics)
    {
        ref CpuState s = ref _cpu.State;
        ref Op op = ref FindSingle(ref s).Ops[0];
        statistics.Count(op.Code);
        Observer?.Executing(_cpu, ref op);
        Execute(ref s, ref op);
        Observer?.Retired(_cpu, ref op);
    }

    private Block FindSingle(ref CpuState s) => Find(ref s, _singles, single: true);

    /// <inheritdoc/>
    bool ICodeHolder.HoldsCode(int page) => _pages[page] is not null;

    /// <inheritdoc/>
    void ICodeHolder.CodeChanging(int page, int offset, int length)
    {
        if (_pages[page] is not { } code || !code.Drop(offset, length))
        {
            return;
        }

        _codeGeneration++;
        _cpu.EndBlock();
        if (code.Count == 0)
        {
            _pages[page] = null;
        }
    }

    private readonly record struct Crossing(ulong Address, int CodeSize, UInt128 Bytes, Block? Block);

    private struct JumpCacheEntry
    {
        internal ulong Address;
        internal ulong Stamp;
        internal Block? Block;
    }
}
