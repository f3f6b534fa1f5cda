using Guest.Machine;
using Guest.Machine.X86;
using Guest.Machine.X86.Decode;
using Iced.Intel;
using Trace.Export.Tables;
using InstructionRow = Trace.Export.Tables.InstructionRow;
using TraceEventKind = Trace.Export.Tables.EventKind;

namespace Trace.Export.Collect;

/// <summary>Watches a replay instruction by instruction and fills the tables (docs/tables.md).</summary>
/// <remarks>
/// Attach it to each vCPU as observer of instructions and deliveries, and <see cref="AccessesOf"/> as observer of its accesses, run the window, then call
/// <see cref="Complete"/>. The order is the count of instructions retired by all vCPUs, which take turns. Allocates nothing per instruction or access. Not
/// thread-safe.
/// </remarks>
public sealed class TraceCollector : IInstructionObserver
{
    private const byte PageFault = 14;
    private const byte NmiVector = 2;
    private readonly TraceFiles _files;
    private readonly CodeReader _code = new();
    private readonly RowBuffer<InstructionRow> _instructions;
    private readonly AccessBuffer _accesses;
    private readonly RowBuffer<EventRow> _events;
    private readonly RowBuffer<CodeRow> _codeRows;

    // Deliveries since the last instruction, whose privilege level afterwards is not known yet.
    private readonly List<EventRow> _deliveries = [];

    // [vcpu] before its last instruction.
    private readonly CpuSnapshot[] _before;

    // Who did something last.
    private Vcpu _cpu;
    private GuestVirtual _pc;
    private InstructionKind _kind;
    private ulong _order;
    private ulong _retired;
    private bool _executing;
    private bool _repeating;

    /// <summary>Makes the collector of a machine.</summary>
    /// <param name="cpus">Its vCPUs, by number.</param>
    /// <param name="files">The tables.</param>
    public TraceCollector(IReadOnlyList<Vcpu> cpus, TraceFiles files)
    {
        _cpu = cpus[0];
        _files = files;
        _instructions = new RowBuffer<InstructionRow>(files.Instructions);
        _accesses = new AccessBuffer(files.Accesses);
        _events = new RowBuffer<EventRow>(files.Events);
        _codeRows = new RowBuffer<CodeRow>(files.Code);
        _before = [.. cpus.Select(CpuSnapshot.Of)];
    }

    /// <summary>Who sees the accesses of a vCPU for the tables.</summary>
    public IAccessObserver AccessesOf(Vcpu cpu) => new VcpuAccesses(this, cpu);

    /// <inheritdoc/>
    public void Executing(Vcpu cpu, ref Op op)
    {
        _accesses.Settle();
        CloseDeliveries(cpu);
        _cpu = cpu;
        ref CpuSnapshot before = ref _before[cpu.Index];
        before = CpuSnapshot.Of(cpu);
        _retired = cpu.State.Retired;
        _order = cpu.RetiredInAll;
        _pc = PcOf(cpu);
        _executing = true;
        _repeating = op.Rep != 0;
        _kind = _instructions.IsWanted ? _code.KindOf(cpu, _pc, ref op) : default;
        if (_codeRows.IsWanted && _code.IsNew(cpu, before.Asid, _pc, ref op, out InstructionBytes bytes))
        {
            _codeRows.Add(new CodeRow(_order, _pc, before.Asid, bytes, op.Code));
        }
    }

    /// <inheritdoc/>
    public void Retired(Vcpu cpu, ref Op op)
    {
        _accesses.Settle();
        _executing = false;
        if (cpu.State.Retired == _retired)
        {
            // A repeated string instruction that goes on later.
            return;
        }

        ref CpuSnapshot before = ref _before[cpu.Index];
        _instructions.Add(new InstructionRow(_order, _retired, _pc, before.Asid, op.Code, (ushort)cpu.Index, before.Ring, _kind));
        if (_events.IsWanted)
        {
            NoteChanges(cpu, ref op);
        }
    }

    /// <inheritdoc/>
    public void Delivering(Vcpu cpu, byte vector, uint? errorCode, bool external)
    {
        if (_executing && !external && !_repeating)
        {
            _accesses.TakeBack();
        }

        _executing = false;
        _cpu = cpu;
        _accesses.Settle();
        CpuSnapshot now = CpuSnapshot.Of(cpu);
        TraceEventKind kind = !external ? TraceEventKind.Exception : vector == NmiVector ? TraceEventKind.Nmi : TraceEventKind.Interrupt;
        ulong detail = kind == TraceEventKind.Exception && vector == PageFault ? cpu.State.Cr2 : 0;
        _deliveries.Add(Event(cpu, PcOf(cpu), now, kind, vector, errorCode, detail, now.Ring));
    }

    private void Add(Vcpu cpu, ulong linear, ulong physical, int size, bool write, ulong value)
    {
        if (!_accesses.IsWanted)
        {
            return;
        }

        ulong order = cpu.RetiredInAll;
        _accesses.Add(new AccessRow(
            order, cpu.State.Retired, new GuestVirtual(linear), new GuestPhysical(physical), value & (ulong.MaxValue >> (64 - (8 * size))), _accesses.NextSeq(order),
            (ushort)cpu.Index, (byte)size, write ? AccessDirection.Write : AccessDirection.Read));
    }

    /// <summary>Ends the tables at the present position. Detach the collector first.</summary>
    /// <exception cref="IOException">The disk is full, or the host refuses a write.</exception>
    public void Complete()
    {
        _accesses.Settle();
        CloseDeliveries(_cpu);
        _instructions.Flush();
        _accesses.Flush();
        _events.Flush();
        _codeRows.Flush();
        _files.Complete();
    }

    private static GuestVirtual PcOf(Vcpu cpu)
    {
        ref CpuState s = ref cpu.State;
        return new GuestVirtual(cpu.InLongMode64 ? s.Rip : (uint)(s.Segments[(int)SegmentName.Cs].Base + s.Rip));
    }

    private static EventRow Event(
        Vcpu cpu, GuestVirtual pc, CpuSnapshot before, TraceEventKind kind, int vector, uint? errorCode, ulong detail, int ringAfter) =>
        new(cpu.RetiredInAll, cpu.State.Retired, pc, before.Asid, errorCode ?? -1L, detail, (short)vector, (ushort)cpu.Index, kind, before.Ring, (byte)ringAfter);

    private void CloseDeliveries(Vcpu cpu)
    {
        if (_deliveries.Count == 0)
        {
            return;
        }

        foreach (EventRow delivery in _deliveries)
        {
            _events.Add(delivery with { RingAfter = (byte)cpu.State.Cpl });
        }

        _deliveries.Clear();
        NoteMode(cpu, CpuSnapshot.Of(cpu));
    }

    // What the instruction that has just retired changed.
    private void NoteChanges(Vcpu cpu, ref Op op)
    {
        CpuSnapshot now = CpuSnapshot.Of(cpu);
        ref CpuSnapshot before = ref _before[cpu.Index];
        int vector = SoftwareVector(cpu, ref op);
        if (vector >= 0)
        {
            _events.Add(Event(cpu, _pc, before, TraceEventKind.SoftwareInterrupt, vector, null, 0, now.Ring));
        }
        else if (now.Ring != before.Ring)
        {
            _events.Add(Event(cpu, _pc, before, TraceEventKind.RingSwitch, -1, null, 0, now.Ring));
        }

        NoteMode(cpu, now);
        if (now.Cr3 != before.Cr3 || (op.Code is Code.Mov_cr_r64 or Code.Mov_cr_r32 && op.Reg0 == 3))
        {
            _events.Add(Event(cpu, _pc, before, TraceEventKind.Cr3Write, -1, null, now.Cr3, now.Ring));
        }
    }

    private void NoteMode(Vcpu cpu, CpuSnapshot now)
    {
        ref CpuSnapshot before = ref _before[cpu.Index];
        if (!now.HasModeOf(before))
        {
            _events.Add(Event(cpu, _pc, before, TraceEventKind.ModeSwitch, -1, null, now.Bits, now.Ring));
        }
    }

    /// <summary>The vector that INT n, INT3, INTO or INT1 has delivered; -1 for other instructions.</summary>
    private int SoftwareVector(Vcpu cpu, ref Op op) => op.Code switch
    {
        Code.Int_imm8 => (byte)op.Imm,
        Code.Int3 => 3,
        Code.Int1 => 1,
        Code.Into when PcOf(cpu).Value != _pc.Value + op.Length => 4,
        _ => -1,
    };

    private sealed class VcpuAccesses(TraceCollector collector, Vcpu cpu) : IAccessObserver
    {
        public void Accessed(ulong linear, ulong physical, int size, bool write, ulong value) => collector.Add(cpu, linear, physical, size, write, value);
    }
}
