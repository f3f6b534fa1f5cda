namespace Replay.Engine.Observe;

/// <summary>Everything that the plugins of an observation want to see.</summary>
internal sealed class Subscriptions
{
    internal List<CountEntry<PerVcpu<long>>> Blocks { get; } = [];

    internal List<CountEntry<PerVcpu<long>>> Retired { get; } = [];

    internal List<CountEntry<Counts<ExecutedCode>>> Code { get; } = [];

    internal List<CountEntry<Counts<ExecutedEdge>>> Edges { get; } = [];

    internal List<CountEntry<CodeFlow>> Flows { get; } = [];

    internal List<EventBuffer<InstructionEvent>> Instructions { get; } = [];

    internal List<EventBuffer<AccessEvent>> Accesses { get; } = [];

    internal List<EventBuffer<BranchEvent>> Branches { get; } = [];

    internal List<(PluginSlot Plugin, TraceBatch Take)> Traces { get; } = [];

    internal List<CallbackEntry<DeliveryEvent>> Deliveries { get; } = [];

    internal List<CallbackEntry<TransferEvent>> Before { get; } = [];

    internal List<CallbackEntry<TransferEvent>> After { get; } = [];

    internal List<FunctionEntry> Functions { get; } = [];

    internal List<CallbackEntry<SpaceEvent>> Spaces { get; } = [];

    internal List<(PluginSlot Plugin, Action Call)> HandOvers { get; } = [];

    internal List<(PluginSlot Plugin, ulong Length, Action<ulong> Call)> Intervals { get; } = [];

    internal List<(PluginSlot Plugin, Action<ObservedGuest> Call)> Ends { get; } = [];

    /// <summary>Whether somebody wants to see the accesses.</summary>
    internal bool HasAccesses { get; set; }

    /// <summary>Whether somebody wants to see their guest-physical addresses too.</summary>
    internal bool HasPhysical { get; set; }

    internal bool HasCounts => Blocks.Count + Retired.Count + Code.Count + Edges.Count + Flows.Count > 0;

    internal bool HasOrder => HasEvents || Traces.Count > 0;

    internal bool HasEvents => Instructions.Count + Accesses.Count + Branches.Count > 0;

    internal bool HasTransfers => Before.Count + After.Count > 0;

    /// <summary>Whether anybody counts executions of a piece.</summary>
    internal bool Counts(Guest.Machine.X86.Observe.CodePiece piece) =>
        Blocks.Exists(entry => entry.Where?.Concerns(piece) != false)
        || Retired.Exists(entry => entry.Where?.Concerns(piece) != false)
        || Code.Exists(entry => entry.Where?.Concerns(piece) != false)
        || Edges.Exists(entry => entry.Where?.Concerns(piece) != false)
        || Flows.Exists(entry => entry.Where?.Concerns(piece) != false);

    /// <summary>Hands over the events that wait in buffers.</summary>
    internal void Flush()
    {
        Instructions.ForEach(buffer => buffer.Flush());
        Accesses.ForEach(buffer => buffer.Flush());
        Branches.ForEach(buffer => buffer.Flush());
    }
}
