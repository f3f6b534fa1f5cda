using Guest.Machine.X86;
using Guest.Machine.X86.Observe;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Profiling;

/// <summary>Follows the stack of the thread that a vCPU runs, by the calls and returns that it sees.</summary>
internal sealed class StackWalker
{
    private readonly Vcpu _cpu;
    private readonly StackNodes _nodes;
    private readonly RunCounts _runs;
    private readonly GuestPrograms _programs;
    private PieceFlow[] _flows = new PieceFlow[1 << 12];
    private int _known;
    private CodeTrace? _trace;
    private int _stack;
    private CodeOwner? _owner;
    private ulong _leader;
    private long _instructions;
    private ulong _behind;
    private FlowKind _pending;

    internal StackWalker(Vcpu cpu, StackNodes nodes, RunCounts runs, GuestPrograms programs, ThreadStack thread)
    {
        (_cpu, _nodes, _runs, _programs) = (cpu, nodes, runs, programs);
        (_stack, _owner) = thread;
        _leader = cpu.LinearPc;
    }

    /// <summary>Instructions it has seen.</summary>
    internal long Seen { get; private set; }

    /// <summary>The stack of the thread that runs.</summary>
    internal ThreadStack Thread => new(_stack, _owner);

    /// <summary>Takes what was executed.</summary>
    internal void Take(CodeTrace trace, ReadOnlySpan<ulong> words)
    {
        _trace = trace;
        if (_known != trace.Pieces.Length)
        {
            Learn(trace.Pieces);
        }

        PieceFlow[] flows = _flows;
        long instructions = _instructions;
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = words[i];
            if ((long)word < 0)
            {
                i += TraceWords.PerAccess - 1;
                continue;
            }

            ref readonly PieceFlow flow = ref flows[(int)word];
            if (_pending != FlowKind.Next && flow.Count > 0)
            {
                Arrive(flow.Pc, flow.Ring);
            }

            instructions += flow.Count;
            if (flow.Kind != FlowKind.Next)
            {
                _instructions = instructions;
                Part(flow);
                instructions = 0;
            }
        }

        _instructions = instructions;
    }

    /// <summary>An interrupt or exception is about to be delivered.</summary>
    internal void Deliver()
    {
        Settle();
        _stack = _nodes.Push(_stack, _cpu.State.Cpl == 3 ? StackKind.FromUser : StackKind.FromKernel, _cpu.LinearPc);
        _pending = FlowKind.Jump;
    }

    /// <summary>The vCPU goes on with another thread.</summary>
    internal void Switch(ThreadStack thread)
    {
        Settle();
        (_stack, _owner) = thread;
    }

    /// <summary>Counts what was executed up to here.</summary>
    internal void Settle()
    {
        if (_pending != FlowKind.Next)
        {
            Arrive(_cpu.LinearPc, _cpu.State.Cpl);
        }

        Count();
        _leader = _cpu.LinearPc;
    }

    // The place is known at which execution goes on after a jump, call or return.
    private void Arrive(ulong pc, int ring)
    {
        if (_pending == FlowKind.Return)
        {
            _stack = _nodes.Return(_stack, pc);
        }
        else if (_pending == FlowKind.Leave)
        {
            Leave(pc, ring);
        }

        _pending = FlowKind.Next;
        _leader = pc;
    }

    private void Leave(ulong pc, int ring)
    {
        if (ring != 3)
        {
            // One that goes on right behind itself only serialises (sync_core()).
            _stack = pc == _behind ? _stack : _nodes.ToKernel(_stack);
            return;
        }

        CodeOwner now = _trace is { } trace ? _programs.OwnerOf(trace.Space) : CodeOwner.Unknown;
        _stack = _nodes.ToUser(_stack, pc, _owner, now);
        _owner = now;
    }

    // A piece has ended that changes the stack, or the function.
    private void Part(in PieceFlow flow)
    {
        Count();
        switch (flow.Kind)
        {
            case FlowKind.Call:
                _stack = _nodes.Push(_stack, StackKind.Call, flow.Next);
                _pending = FlowKind.Jump;
                break;
            case FlowKind.ShortCall:
                _stack = _nodes.All[_stack].Kind == StackKind.Thunk ? _stack : _nodes.Push(_stack, StackKind.Thunk, flow.Next);
                _pending = FlowKind.Jump;
                break;
            case FlowKind.Enter:
                _stack = _nodes.Push(_stack, flow.Ring == 3 ? StackKind.FromUser : StackKind.FromKernel, flow.Next);
                _pending = FlowKind.Jump;
                break;
            default:
                (_pending, _behind) = (flow.Kind, flow.Next);
                break;
        }
    }

    private void Count()
    {
        if (_instructions != 0)
        {
            _runs.Add(_stack, _leader, _instructions);
            Seen += _instructions;
            _instructions = 0;
        }
    }

    private void Learn(ReadOnlySpan<CodePiece> pieces)
    {
        if (pieces.Length > _flows.Length)
        {
            Array.Resize(ref _flows, Math.Max(pieces.Length, 2 * _flows.Length));
        }

        for (; _known < pieces.Length; _known++)
        {
            _flows[_known] = PieceFlow.Of(pieces[_known]);
        }
    }
}
