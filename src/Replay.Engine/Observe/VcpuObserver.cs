using Guest.Machine;
using Guest.Machine.X86;
using Guest.Machine.X86.Observe;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>Turns the trace of a vCPU into what the plugins have asked for.</summary>
internal sealed partial class VcpuObserver : ITraceSink, IDisposable
{
    private readonly Subscriptions _wanted;
    private readonly ObservedGuest _guest;
    private readonly Vcpu _cpu;
    private readonly IEngine _engine;
    private readonly CodeTrace _trace;

    internal VcpuObserver(Subscriptions wanted, ObservedGuest guest, Vcpu cpu, IEngine engine)
    {
        (_wanted, _guest, _cpu, _engine) = (wanted, guest, cpu, engine);
        TraceChoice choice = new()
        {
            Counts = wanted.HasCounts,
            Counted = wanted.Counts,
            Edges = wanted.Edges.Count + wanted.Flows.Count > 0,
            Pieces = wanted.HasOrder,
            Accesses = wanted.HasAccesses,
            Physical = wanted.HasPhysical,
            Transfers = wanted.HasTransfers,
        };
        _counted = [.. wanted.Code.Select(_ => new Dictionary<(CodeOwner, int), long>())];
        _edges = [.. wanted.Edges.Select(_ => new EdgeCollector())];
        _flows = [.. wanted.Flows.Select(entry => new FlowCollector(entry))];
        _trace = new CodeTrace(cpu, choice, this);
        _space = _trace.Space;
        FindFunctions();
        engine.Observe(_trace);
    }

    /// <summary>Takes what is left, and lets go of the vCPU.</summary>
    internal void Complete()
    {
        Collect();
        ResolveBranch(new GuestVirtual(_cpu.LinearPc));
        _engine.Observe(null);
    }

    /// <summary>Brings the plugins' counters up to date.</summary>
    internal void Collect()
    {
        _trace.HandOver();
        CollectAll();
        CountCode();
        CountEdges();
    }

    /// <inheritdoc/>
    public void Dispose() => _trace.Dispose();

    /// <inheritdoc/>
    public void Take(CodeTrace trace, ReadOnlySpan<ulong> words)
    {
        foreach ((PluginSlot plugin, TraceBatch take) in _wanted.Traces)
        {
            plugin.Call(take, trace, words);
        }

        if (_wanted.HasEvents)
        {
            TakeEvents(trace, words);
        }
    }

    private void TakeEvents(CodeTrace trace, ReadOnlySpan<ulong> words)
    {
        ulong order = trace.From;
        ReadOnlySpan<CodePiece> pieces = trace.Pieces;
        for (int at = 0; at < words.Length;)
        {
            CodePiece piece = pieces[(int)words[at++]];
            if (_wanted.Branches.Count > 0 && piece.Count > 0)
            {
                TakeBranches(piece, order);
            }

            if (_wanted.Instructions.Count > 0)
            {
                TakeInstructions(piece, order);
            }

            int first = at;
            at += piece.Words;
            while (at < words.Length && TraceWords.IsAccess(words[at]))
            {
                at += TraceWords.PerAccess;
            }

            if (at != first)
            {
                TakeAccesses(piece, order, words[first..at]);
            }

            order += (ulong)piece.Count;
        }

        if (order != _cpu.RetiredInAll)
        {
            throw new InvalidOperationException($"the trace holds the instructions up to {order:x}, and the vCPU stands at {_cpu.RetiredInAll:x}");
        }

        if (_wanted.HandOvers.Count > 0)
        {
            _wanted.Flush();
            _wanted.HandOvers.ForEach(entry => entry.Plugin.Call(entry.Call));
        }
    }

    /// <inheritdoc/>
    public void Executing(Vcpu cpu, CodePiece instruction, Code code)
    {
        TransferEvent occurred = new(cpu, instruction.Pc, code, cpu.RetiredInAll);
        if (CodeTrace.IsTransfer(code))
        {
            foreach (CallbackEntry<TransferEvent> entry in _wanted.Before)
            {
                entry.Call(occurred);
            }
        }

        if (_functions.TryGetValue(instruction.Pc.Value, out List<FunctionEntry>? functions))
        {
            foreach (FunctionEntry function in functions)
            {
                function.Callback.Call(occurred);
            }
        }
    }

    /// <inheritdoc/>
    public void Retired(Vcpu cpu, CodePiece instruction, Code code)
    {
        if (CodeTrace.IsTransfer(code))
        {
            TransferEvent occurred = new(cpu, instruction.Pc, code, cpu.RetiredInAll - 1);
            foreach (CallbackEntry<TransferEvent> entry in _wanted.After)
            {
                entry.Call(occurred);
            }
        }
    }

    /// <inheritdoc/>
    public void Delivering(Vcpu cpu, byte vector, uint? errorCode, bool external)
    {
        ResolveBranch(new GuestVirtual(cpu.LinearPc));
        DeliveryEvent occurred = new(cpu, vector, errorCode, external);
        foreach (CallbackEntry<DeliveryEvent> entry in _wanted.Deliveries)
        {
            entry.Call(occurred);
        }
    }

    /// <inheritdoc/>
    public void SpaceChanged(Vcpu cpu)
    {
        CollectUser();
        if (_missingFunctions)
        {
            FindFunctions();
        }

        SpaceEvent occurred = new(cpu, _trace.Space);
        _space = _trace.Space;
        foreach (CallbackEntry<SpaceEvent> entry in _wanted.Spaces)
        {
            entry.Call(occurred);
        }
    }
}
