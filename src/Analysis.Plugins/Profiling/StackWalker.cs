using Guest.Machine.X86;
using Guest.Machine.X86.Observe;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Profiling;

/// <summary>Follows the stack of the thread that a vCPU runs, by the calls and returns that it sees.</summary>
internal sealed class StackWalker
{
    private const int Steps = 1 << 13;
    private const int NoPiece = -1, NoRun = -1;
    private readonly Vcpu _cpu;
    private readonly StackNodes _nodes;
    private readonly RunCounts _runs;
    private readonly GuestPrograms _programs;
    private readonly FlowStep[] _steps = new FlowStep[Steps];
    private PieceFlow[] _flows = new PieceFlow[1 << 12];
    private uint[] _shapes = new uint[1 << 12];
    private int _known;
    private CodeTrace? _trace;
    private int _stack;
    private CodeOwner? _owner;
    private ulong _leader;
    private int _run = NoRun;
    private long _instructions;
    private ulong _behind;

    // What the last piece ended with, and which one that was; none for a delivery.
    private FlowKind _pending;
    private int _last = NoPiece;

    internal StackWalker(Vcpu cpu, StackNodes nodes, RunCounts runs, GuestPrograms programs, ThreadStack thread)
    {
        (_cpu, _nodes, _runs, _programs) = (cpu, nodes, runs, programs);
        (_stack, _owner) = thread;
        _leader = cpu.LinearPc;
        Array.Fill(_steps, new FlowStep(0, NoPiece, 0, 0, 0));
    }

    /// <summary>Instructions it has seen.</summary>
    internal long Seen { get; private set; }

    /// <summary>The stack of the thread that runs, as it was settled last.</summary>
    internal ThreadStack Thread => new(_stack, _owner);

    /// <summary>Takes what was executed.</summary>
    internal void Take(CodeTrace trace, ReadOnlySpan<ulong> words)
    {
        _trace = trace;
        if (_known != trace.Pieces.Length)
        {
            Learn(trace.Pieces);
        }

        ReadOnlySpan<uint> shapes = _shapes;
        long instructions = _instructions;
        bool pending = _pending != FlowKind.Next;
        for (int i = 0; i < words.Length; i++)
        {
            int number = (int)words[i];
            uint shape = shapes[number];
            if (pending && (shape & PieceFlow.CountMask) != 0)
            {
                Arrive(number);
                pending = false;
            }

            instructions += shape & PieceFlow.CountMask;
            if ((shape & PieceFlow.Acts) != 0)
            {
                _instructions = instructions;
                pending = Part(number) || pending;
                instructions = _instructions;
                i += (int)(shape >> PieceFlow.WordsShift);
            }

            while (i + 1 < words.Length && TraceWords.IsAccess(words[i + 1]))
            {
                i += TraceWords.PerAccess;
            }
        }

        _instructions = instructions;
    }

    /// <summary>An interrupt or exception is about to be delivered.</summary>
    internal void Deliver()
    {
        Settle();
        _stack = _nodes.Push(_stack, _cpu.State.Cpl == 3 ? StackKind.FromUser : StackKind.FromKernel, _cpu.LinearPc);
        (_pending, _last) = (FlowKind.Jump, NoPiece);
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
        (_leader, _run) = (_cpu.LinearPc, NoRun);
    }

    // The same where execution goes on with a piece: mostly as it did before.
    private void Arrive(int number)
    {
        ref readonly PieceFlow flow = ref _flows[number];
        if (_last == NoPiece || _pending == FlowKind.Leave)
        {
            Arrive(flow.Pc, flow.Ring);
            return;
        }

        ref FlowStep step = ref _steps[Hash(_stack, _last, flow.Pc)];
        if (step.Stack != _stack || step.Piece != _last || step.Pc != flow.Pc)
        {
            (int before, int last) = (_stack, _last);
            Arrive(flow.Pc, flow.Ring);
            _run = _runs.Of(_stack, flow.Pc);
            step = new FlowStep(before, last, flow.Pc, _stack, _run);
            return;
        }

        (_stack, _run, _leader, _pending) = (step.Next, step.Run, flow.Pc, FlowKind.Next);
    }

    private static int Hash(int stack, int piece, ulong pc) =>
        (int)(((((ulong)(uint)stack << 32) | (uint)piece) ^ (pc << 7)) * 0x9E37_79B9_7F4A_7C15 >> 51);

    // The place is known at which execution goes on after a jump, call or return.
    private void Arrive(ulong pc, int ring)
    {
        FlowKind kind = _pending;
        (_pending, _leader, _run) = (FlowKind.Next, pc, NoRun);
        switch (kind)
        {
            case FlowKind.Call:
                _stack = _nodes.Push(_stack, StackKind.Call, _behind);
                break;
            case FlowKind.ShortCall:
                _stack = _nodes.All[_stack].Kind == StackKind.Thunk ? _stack : _nodes.Push(_stack, StackKind.Thunk, _behind);
                break;
            case FlowKind.Enter:
                _stack = _nodes.Push(_stack, _flows[_last].Ring == 3 ? StackKind.FromUser : StackKind.FromKernel, _behind);
                break;
            case FlowKind.Return:
                _stack = _nodes.Return(_stack, pc);
                break;
            case FlowKind.Leave:
                Leave(pc, ring);
                break;
            default:
                break;
        }
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

    // A piece has ended that may change the stack, or the function.
    private bool Part(int number)
    {
        ref readonly PieceFlow flow = ref _flows[number];
        if (flow.Kind == FlowKind.Next)
        {
            return false;
        }

        Count();
        (_pending, _last, _behind) = (flow.Kind, number, flow.Next);
        return true;
    }

    private void Count()
    {
        if (_instructions != 0)
        {
            _run = _run == NoRun ? _runs.Of(_stack, _leader) : _run;
            _runs.Add(_run, _instructions);
            Seen += _instructions;
            _instructions = 0;
        }
    }

    private void Learn(ReadOnlySpan<CodePiece> pieces)
    {
        if (pieces.Length > _flows.Length)
        {
            Array.Resize(ref _flows, Math.Max(pieces.Length, 2 * _flows.Length));
            Array.Resize(ref _shapes, _flows.Length);
        }

        for (; _known < pieces.Length; _known++)
        {
            _flows[_known] = PieceFlow.Of(pieces[_known]);
            _shapes[_known] = PieceFlow.Shape(pieces[_known], _flows[_known].Kind);
        }
    }
}
