namespace Replay.Multicore;

/// <summary>One vCPU's end of the directory: it asks here for rights, and gives up here what others ask for, at its safe points.</summary>
/// <remarks>For the vCPU's own thread. A safe point lies between two instructions, or before one that has changed nothing yet.</remarks>
public sealed class VcpuRights
{
    private readonly OwnershipDirectory _directory;
    private readonly ulong _leastHold;
    private Need[] _needs = [];
    private ulong _gainedAt;
    private volatile bool _isAsked;

    internal VcpuRights(OwnershipDirectory directory, int vcpu, ulong leastHold)
    {
        _directory = directory;
        _leastHold = leastHold;
        Vcpu = vcpu;
    }

    /// <summary>The vCPU's number.</summary>
    public int Vcpu { get; }

    /// <summary>Whether others wait for something that it has: it is to come to <see cref="SafePoint"/> within a bounded number of instructions.</summary>
    public bool IsAsked
    {
        get => _isAsked;
        internal set => _isAsked = value;
    }

    /// <summary>
    /// Called when it loses a right, with what it keeps: whatever was derived from the right goes. On its own thread at a safe point, or on another's while
    /// it waits or is parked.
    /// </summary>
    public Action<int, Right> Losing { get; set; } = (_, _) => { };

    /// <summary>Instructions that it had retired when it last came here.</summary>
    internal ulong Retired { get; private set; }

    /// <summary>Whether it waits or is parked: it executes nothing, and what is asked of it is taken.</summary>
    internal bool IsStanding { get; set; }

    internal ReadOnlySpan<Need> Needs => _needs;

    /// <summary>What it may do with an object now.</summary>
    public Right RightTo(int number) => _directory.RightOf(Vcpu, number);

    /// <summary>Waits until it has all the rights that its next instruction needs. Meanwhile it gives up whatever is asked of it, those that it had among them.</summary>
    /// <param name="retired">Instructions that it has retired.</param>
    /// <param name="needs">All that the instruction needs, each object once.</param>
    public void Acquire(ulong retired, params ReadOnlySpan<Need> needs)
    {
        Retired = retired;
        _directory.Acquire(this, needs);
        _gainedAt = retired;
    }

    /// <summary>Gives up what is asked of it, unless it has just gained something. Cheap where nothing is asked.</summary>
    /// <param name="retired">Instructions that it has retired.</param>
    public void SafePoint(ulong retired)
    {
        if (_isAsked && retired - _gainedAt >= _leastHold && retired > _gainedAt)
        {
            Retired = retired;
            _directory.Answer(this);
        }
    }

    /// <summary>Executes nothing from here on (it has halted, or ends): others take what they ask for.</summary>
    /// <param name="retired">Instructions that it has retired.</param>
    public void Park(ulong retired)
    {
        Retired = retired;
        _directory.Park(this);
    }

    /// <summary>Goes on after <see cref="Park"/>.</summary>
    public void Resume() => _directory.Resume(this);

    internal void SetNeeds(ReadOnlySpan<Need> needs)
    {
        _needs = needs.ToArray();
        IsStanding = true;
    }

    internal void Serve()
    {
        _needs = [];
        IsStanding = false;
    }

    internal void Lose(int number, Right kept) => Losing(number, kept);
}
