using System.Runtime.InteropServices;
using Guest.Machine;
using Guest.Machine.X86;
using Iced.Intel;
using Replay.Engine.Observe;

namespace Trace.Export.Streams;

/// <summary>Observes a replay and puts instructions, accesses, branches, deliveries and switches of threads into one stream.</summary>
/// <param name="stream">Takes it.</param>
public sealed class StreamPlugin(ITraceStream stream) : IPlugin
{
    private readonly List<InstructionEvent> _instructions = [];
    private readonly List<AccessEvent> _accesses = [];
    private readonly List<BranchEvent> _branches = [];
    private readonly Queue<(ulong Order, GuestVirtual Pc)> _deliveries = new();
    private readonly Queue<(ulong Order, int Vcpu, StreamedThread Thread, ulong Time)> _switches = new();
    private readonly List<GuestVirtual> _delivered = [];
    private readonly Dictionary<(ulong Space, ulong Pc), (Code Code, byte[] Bytes)> _code = [];
    private (StreamedThread Thread, ulong Time)[] _threads = [];
    private ObservedGuest? _guest;

    /// <inheritdoc/>
    public static string Name => "trace-stream";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        _guest = on.Guest;
        _threads = [.. _guest.Machine.Cpus.Select(vcpu => (ThreadOf(vcpu), Now()))];
        on.Instructions(events => _instructions.AddRange(events));
        on.Accesses(events => _accesses.AddRange(events));
        on.Branches(events => _branches.AddRange(events));
        on.Delivering((in occurred) => _deliveries.Enqueue((occurred.Vcpu.RetiredInAll, new GuestVirtual(occurred.Vcpu.LinearPc))));
        on.KernelFunction("__switch_to", Switching);

        // A stretch then ends at each entry into the kernel: programs' code is read while their address space is in force.
        on.Transfers((in occurred) => { }, (in occurred) => { });
        on.HandedOver(Stream);
        on.Ended(_ => Stream());
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
    }

    private StreamedThread ThreadOf(Vcpu vcpu) =>
        _guest!.Look(vcpu)?.Tasks.Current(vcpu) is { } task ? new StreamedThread(task.Pid, task.Tid, vcpu.Index) : new StreamedThread(0, 0, vcpu.Index);

    private ulong Now() => (ulong)((UInt128)_guest!.Machine.Clock.Now * 1_000_000_000 / _guest.Machine.Description.TscHz);

    // __switch_to(prev, next): its first instruction is the next thread's, which had left off before it.
    private void Switching(in TransferEvent occurred)
    {
        int vcpu = occurred.Vcpu.Index;
        if (_guest!.Look(occurred.Vcpu)?.Tasks.Read(new GuestVirtual(occurred.Vcpu.State.Rsi)) is { } task)
        {
            _switches.Enqueue((occurred.Order, vcpu, new StreamedThread(task.Pid, task.Tid, vcpu), Now()));
        }
    }

    // Hands on what is complete. A branch at the end is not: where it leads is known with the next instruction.
    private void Stream()
    {
        Span<AccessEvent> accesses = CollectionsMarshal.AsSpan(_accesses);
        int instruction = 0;
        int access = 0;
        int branch = 0;
        for (; instruction < _instructions.Count; instruction++)
        {
            InstructionEvent next = _instructions[instruction];
            bool ends = Flow.EndsBlock(next.Code);
            if (ends && branch == _branches.Count)
            {
                // Its bytes are read now: the next stretch may end in another address space.
                _ = BytesOf(next);
                break;
            }

            // What a delivery wrote is of no instruction.
            while (access < accesses.Length && (accesses[access].Order < next.Order || accesses[access].Pc.Value == 0))
            {
                access++;
            }

            int first = access;
            while (access < accesses.Length && accesses[access].Order == next.Order)
            {
                access++;
            }

            Take(next, ends ? _branches[branch++].Target : default, accesses[first..access]);
        }

        _instructions.RemoveRange(0, instruction);
        _accesses.RemoveRange(0, access);
        _branches.RemoveRange(0, branch);
    }

    private void Take(in InstructionEvent next, GuestVirtual target, ReadOnlySpan<AccessEvent> accesses)
    {
        while (_switches.TryPeek(out var change) && change.Order <= next.Order)
        {
            _threads[change.Vcpu] = (change.Thread, change.Time);
            _switches.Dequeue();
        }

        _delivered.Clear();
        while (_deliveries.TryPeek(out (ulong Order, GuestVirtual Pc) delivery) && delivery.Order <= next.Order)
        {
            _delivered.Add(delivery.Pc);
            _deliveries.Dequeue();
        }

        (StreamedThread thread, ulong time) = _threads[next.Vcpu];
        stream.Take(new StreamedInstruction(next, target, accesses, CollectionsMarshal.AsSpan(_delivered), thread, time, BytesOf(next)));
    }

    // Read where it is handed over, in the address space that it ran in.
    private byte[] BytesOf(in InstructionEvent instruction)
    {
        (ulong, ulong) key = (instruction.Ring == 0 ? 0 : instruction.Space.Value, instruction.Pc.Value);
        if (!_code.TryGetValue(key, out (Code Code, byte[] Bytes) known) || known.Code != instruction.Code || known.Bytes.Length != instruction.Length)
        {
            _code[key] = known = (instruction.Code, Read(instruction));
        }

        return known.Bytes;
    }

    private byte[] Read(in InstructionEvent instruction)
    {
        Vcpu vcpu = _guest!.Machine.Cpus[instruction.Vcpu];
        byte[] bytes = new byte[instruction.Length];
        if ((long)instruction.Pc.Value < 0 && _guest.Look(vcpu)?.Memory.TryRead(instruction.Pc, bytes) == true)
        {
            return bytes;
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            if (!vcpu.TryTranslate(new GuestVirtual(instruction.Pc.Value + (ulong)i), out GuestPhysical physical) || !vcpu.Memory.Contains(physical, 1))
            {
                return [];
            }

            vcpu.Memory.Read(physical, bytes.AsSpan(i, 1));
        }

        return bytes;
    }
}
