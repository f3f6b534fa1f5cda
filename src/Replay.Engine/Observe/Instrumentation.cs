using Replay.Engine.Observe.Programs;

namespace Replay.Engine.Observe;

/// <summary>One plugin's subscriptions, and the state that it keeps.</summary>
internal sealed class Instrumentation(PluginSlot plugin, Subscriptions wanted, ObservedGuest guest, List<IPluginState> state) : IInstrumentation
{
    /// <inheritdoc/>
    public ObservedGuest Guest { get; } = guest;

    /// <inheritdoc/>
    public void BlockExecuted(PerVcpu<long> add, CodeFilter? where = null)
    {
        Keep(add);
        wanted.Blocks.Add(new CountEntry<PerVcpu<long>>(add, where));
    }

    /// <inheritdoc/>
    public void InstructionRetired(PerVcpu<long> add, CodeFilter? where = null)
    {
        Keep(add);
        wanted.Retired.Add(new CountEntry<PerVcpu<long>>(add, where));
    }

    /// <inheritdoc/>
    public void CodeExecuted(Counts<ExecutedCode> add, CodeFilter? where = null, GuestPrograms? by = null)
    {
        Keep(add);
        wanted.Code.Add(new CountEntry<Counts<ExecutedCode>>(add, where, by));
    }

    /// <inheritdoc/>
    public void EdgeExecuted(Counts<ExecutedEdge> add, CodeFilter? where = null, GuestPrograms? by = null)
    {
        Keep(add);
        wanted.Edges.Add(new CountEntry<Counts<ExecutedEdge>>(add, where, by));
    }

    /// <inheritdoc/>
    public void FlowExecuted(CodeFlow add, int? ring = null, GuestPrograms? by = null)
    {
        Keep(add);
        wanted.Flows.Add(new CountEntry<CodeFlow>(add, ring is null ? null : new CodeFilter { Ring = ring }, by));
    }

    /// <inheritdoc/>
    public void Programs(GuestPrograms table)
    {
        Keep(table);
        if (Guest is not null)
        {
            new ProgramWatch(table, Guest).Subscribe(this);
        }
    }

    /// <inheritdoc/>
    public void Instructions(Batch<InstructionEvent> take, CodeFilter? where = null) =>
        wanted.Instructions.Add(new EventBuffer<InstructionEvent>(plugin, take, where));

    /// <inheritdoc/>
    public void Pieces(TraceBatch take, bool accesses = false, bool physical = false)
    {
        wanted.Traces.Add((plugin, take));
        wanted.HasAccesses |= accesses || physical;
        wanted.HasPhysical |= physical;
    }

    /// <inheritdoc/>
    public void Accesses(Batch<AccessEvent> take, CodeFilter? where = null, bool reads = true, bool writes = true)
    {
        wanted.Accesses.Add(new EventBuffer<AccessEvent>(plugin, take, where, reads, writes));
        wanted.HasAccesses = wanted.HasPhysical = true;
    }

    /// <inheritdoc/>
    public void Branches(Batch<BranchEvent> take, CodeFilter? where = null) => wanted.Branches.Add(new EventBuffer<BranchEvent>(plugin, take, where));

    /// <inheritdoc/>
    public void Delivering(Callback<DeliveryEvent> call) => wanted.Deliveries.Add(new CallbackEntry<DeliveryEvent>(plugin, call));

    /// <inheritdoc/>
    public void Transfers(Callback<TransferEvent>? before, Callback<TransferEvent>? after = null)
    {
        if (before is not null)
        {
            wanted.Before.Add(new CallbackEntry<TransferEvent>(plugin, before));
        }

        if (after is not null)
        {
            wanted.After.Add(new CallbackEntry<TransferEvent>(plugin, after));
        }
    }

    /// <inheritdoc/>
    public void KernelFunction(string symbol, Callback<TransferEvent> before) =>
        wanted.Functions.Add(new FunctionEntry(symbol, new CallbackEntry<TransferEvent>(plugin, before)));

    /// <inheritdoc/>
    public void SpaceChanged(Callback<SpaceEvent> call) => wanted.Spaces.Add(new CallbackEntry<SpaceEvent>(plugin, call));

    /// <inheritdoc/>
    public void HandedOver(Action call) => wanted.HandOvers.Add((plugin, call));

    /// <inheritdoc/>
    public void Every(ulong instructions, Action<ulong> call) => wanted.Intervals.Add((plugin, instructions, call));

    /// <inheritdoc/>
    public void Ended(Action<ObservedGuest> call) => wanted.Ends.Add((plugin, call));

    /// <inheritdoc/>
    public void Keep(IPluginState kept)
    {
        if (!state.Contains(kept))
        {
            state.Add(kept);
        }
    }
}
