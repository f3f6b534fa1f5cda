using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Guest.Machine.Memory;
using Guest.Machine.Native;
using Guest.Machine.X86.HostCode;

namespace Guest.Machine.X86;

/// <summary>One x86-64 processor of the guest: its state, its memory accesses, its privileged behaviour.</summary>
/// <remarks>Engines execute instructions on it. One host thread at a time.</remarks>
public sealed partial class Vcpu : IPageWatcher, IDisposable
{
    private readonly MappedRegion _stateMemory;
    private readonly nint _state;
    private readonly GuestFaultException _fault = new();
    private readonly Tlb _tlb;
    private readonly ICpuBus _bus;

    /// <summary>Creates the vCPU in its state after reset (Intel SDM 3A 9.1.1).</summary>
    /// <param name="index">Its number, from 0; also its APIC id.</param>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="bus">The rest of the machine.</param>
    /// <param name="model">What CPUID says.</param>
    /// <param name="tlbEntries">Entries of each software TLB table, a power of two; invisible to the guest.</param>
    /// <exception cref="ReplayKitException">The host lacks a feature that the model's instructions need.</exception>
    public Vcpu(int index, GuestMemory memory, ICpuBus bus, CpuModel model, int tlbEntries = 256)
    {
        HostFeatures.Require(model);
        Index = index;
        Memory = memory;
        _bus = bus;
        Model = model;
        _stateMemory = MappedRegion.Anonymous(VcpuMemory.Bytes);
        _state = _stateMemory.Address;
        _tlb = new Tlb(_state + VcpuMemory.Tlb, tlbEntries);
        _walked = new WalkedPage[memory.PageCount];
        Reset();
        memory.Watch(this);
    }

    /// <summary>Its number.</summary>
    public int Index { get; }

    /// <summary>The guest's RAM.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The rest of the machine.</summary>
    public ICpuBus Bus
    {
        get
        {
            if (_steps is not null)
            {
                _ = NeedsGate();
            }

            return _bus;
        }
    }

    /// <summary>What CPUID says.</summary>
    public CpuModel Model { get; }

    /// <summary>The registers, in mapped memory that never moves.</summary>
    public ref CpuState State
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Raw.Ref<CpuState>(_state);
    }

    /// <summary>Instructions that the vCPUs with which it takes turns had retired when its turn began. Means nothing out of turn.</summary>
    public ulong RetiredByOthers { get; internal set; }

    /// <summary>Instructions retired by all vCPUs that take turns with it, itself included.</summary>
    public ulong RetiredInAll
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RetiredByOthers + State.Retired;
    }

    /// <summary>Where it is, while it is in turn: vCPUs that take turns share one line of positions, number 0.</summary>
    public Position Position => new(0, RetiredInAll, State.InRep ? State.Rcx : null);

    /// <summary>Memory for the jump caches of emitted code.</summary>
    internal nint JumpCacheMemory => _state + VcpuMemory.JumpCaches;

    /// <summary>Who wants every data access, or null; while set, no access takes the fast path.</summary>
    internal IAccessObserver? Observer { get; private set; }

    /// <summary>Raises a fault without an error code.</summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Raise(Vector vector) => Raise(vector, null);

    /// <summary>Raises a fault; the engine puts RIP back to the instruction and delivers it.</summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Raise(Vector vector, uint? errorCode)
    {
        _fault.Vector = vector;
        _fault.ErrorCode = errorCode;
        _fault.Trap = false;
        _fault.DebugStatus = 0;
        throw _fault;
    }

    /// <summary>Raises #GP(0).</summary>
    [DoesNotReturn]
    public void RaiseGp() => Raise(Vector.GP, 0);

    /// <summary>Raises #GP, #SS, #NP or #TS with a selector's index in the error code.</summary>
    [DoesNotReturn]
    public void RaiseSelector(Vector vector, ulong selector) => Raise(vector, (uint)(selector & 0xFFFC) | _externalEvent);

    /// <summary>Ends the block in execution after the present instruction, so that the loop looks around.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndBlock() => State.OpsLeft = 0;

    /// <summary>Sets or clears who sees every data access. While it is set, every access takes the slow path.</summary>
    public void Observe(IAccessObserver? observer)
    {
        Observer = observer;
        UpdateAccessMode();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stateMemory.Dispose();
    }
}
