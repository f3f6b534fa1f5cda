using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>Puts instructions and accesses, which are handed over apart, into one order: each instruction before its accesses.</summary>
/// <param name="instruction">Takes an instruction.</param>
/// <param name="access">Takes an access.</param>
internal sealed class MergedAccesses(Action<InstructionEvent> instruction, Action<AccessEvent> access)
{
    private readonly List<InstructionEvent> _instructions = [];
    private readonly List<AccessEvent> _accesses = [];

    /// <summary>Begins to watch.</summary>
    internal void Subscribe(IInstrumentation on)
    {
        on.Instructions(events => Add(_instructions, events));
        on.Accesses(events => Add(_accesses, events));
        on.Ended(_ => HandOver(ulong.MaxValue));
    }

    private void Add<T>(List<T> list, ReadOnlySpan<T> events)
    {
        list.AddRange(events);
        if (_instructions is [.., { } instruction] && _accesses is [.., { } access])
        {
            // Of the one with the greatest order more accesses may come.
            HandOver(Math.Min(instruction.Order, access.Order));
        }
    }

    private void HandOver(ulong below)
    {
        int at = 0;
        int instructions = 0;
        for (; instructions < _instructions.Count && _instructions[instructions].Order < below; instructions++)
        {
            // What a delivery did carries the order of the next instruction and lies before it.
            ulong order = _instructions[instructions].Order;
            for (; at < _accesses.Count && (_accesses[at].Order < order || (_accesses[at].Order == order && _accesses[at].Pc.Value == 0)); at++)
            {
                access(_accesses[at]);
            }

            instruction(_instructions[instructions]);
            for (; at < _accesses.Count && _accesses[at].Order == order; at++)
            {
                access(_accesses[at]);
            }
        }

        for (; at < _accesses.Count && _accesses[at].Order < below; at++)
        {
            access(_accesses[at]);
        }

        _instructions.RemoveRange(0, instructions);
        _accesses.RemoveRange(0, at);
    }
}
