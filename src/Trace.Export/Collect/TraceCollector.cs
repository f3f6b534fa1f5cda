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
/// Attach it to the vCPU as observer of instructions, accesses and deliveries, run the window, then call <see cref="Complete"/>.
/// For one vCPU: the order is its count of retired instructions. Allocates nothing per instruction or access. Not thread-safe.
/// </remarks>
public sealed class TraceCollector : IInstructionObserver, IAccessObserver
{
    private const byte PageFault = 14;
    private const byte NmiVector = 2;
    private readonly Vcpu _cpu;
    private readonly TraceFiles _files;
    private readonly CodeReader _code = new();
    private readonly RowBuffer<InstructionRow> _instructions;
    private readonly AccessBuffer _accesses;
    private readonly RowBuffer<EventRow> _events;
    private readonly RowBuffer<CodeRow> _codeRows;

    // Deliveries since the last instruction, whose privilege level afterwards is not known yet.
    private readonly List<EventRow> _deliveries = [];
    private CpuSnapshot _before;
    private GuestVirtual _pc;
    private InstructionKind _kind;
    private ulong _order;
    private bool _executing;
    private bool _repeating;

    /// <summary>Makes the collector of one vCPU.</summary>
    public TraceCollector(Vcpu cpu, TraceFiles files)
    {
        _cpu = cpu;
        _files = files;
        _instructions = new RowBuffer<InstructionRow>(files.Instructions);
        _accesses = new AccessBuffer(files.Accesses);
        _events = new RowBuffer<EventRow>(files.Events);
        _codeRows = new RowBuffer<CodeRow>(files.Code);
        _before = CpuSnapshot.Of(cpu);
    }

    /// <inheritdoc/>
    public void Executing(Vcpu cpu, ref Op op)
    {
        _accesses.Settle();
        CloseDeliveries(cpu);
        _before = CpuSnapshot.Of(cpu);
        _order = cpu.State.Retired;
        _pc = PcOf(cpu);
        _executing = true;
        _repeating = op.Rep != 0;
        _kind = _instructions.IsWanted ? _code.KindOf(cpu, _pc, ref op) : default;
        if (_codeRows.IsWanted && _code.IsNew(cpu, _before.Asid, _pc, ref op, out InstructionBytes bytes))
        {
            _codeRows.Add(new CodeRow(_order, _pc, _before.Asid, bytes, op.Code));
        }
    }

    /// <inheritdoc/>
    public void Retired(Vcpu cpu, ref Op op)
    {
        _accesses.Settle();
        _executing = false;
        if (cpu.State.Retired == _order)
        {
            // A repeated string instruction that goes on later.
            return;
        }

        _instructions.Add(new InstructionRow(_order, _order, _pc, _before.Asid, op.Code, (ushort)cpu.Index, _before.Ring, _kind));
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
        _accesses.Settle();
        CpuSnapshot now = CpuSnapshot.Of(cpu);
        TraceEventKind kind = !external ? TraceEventKind.Exception : vector == NmiVector ? TraceEventKind.Nmi : TraceEventKind.Interrupt;
        ulong detail = kind == TraceEventKind.Exception && vector == PageFault ? cpu.State.Cr2 : 0;
        _deliveries.Add(Event(cpu.State.Retired, PcOf(cpu), now, kind, vector, errorCode, detail, now.Ring));
    }

    /// <inheritdoc/>
    public void Accessed(ulong linear, ulong physical, int size, bool write, ulong value)
    {
        if (!_accesses.IsWanted)
        {
            return;
        }

        ulong order = _cpu.State.Retired;
        _accesses.Add(new AccessRow(
            order, order, new GuestVirtual(linear), new GuestPhysical(physical), value & (ulong.MaxValue >> (64 - (8 * size))), _accesses.NextSeq(order),
            (ushort)_cpu.Index, (byte)size, write ? AccessDirection.Write : AccessDirection.Read));
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

    private EventRow Event(
        ulong retired, GuestVirtual pc, CpuSnapshot before, TraceEventKind kind, int vector, uint? errorCode, ulong detail, int ringAfter) =>
        new(retired, retired, pc, before.Asid, errorCode ?? -1L, detail, (short)vector, (ushort)_cpu.Index, kind, before.Ring, (byte)ringAfter);

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
        ulong retired = cpu.State.Retired;
        int vector = SoftwareVector(cpu, ref op);
        if (vector >= 0)
        {
            _events.Add(Event(retired, _pc, _before, TraceEventKind.SoftwareInterrupt, vector, null, 0, now.Ring));
        }
        else if (now.Ring != _before.Ring)
        {
            _events.Add(Event(retired, _pc, _before, TraceEventKind.RingSwitch, -1, null, 0, now.Ring));
        }

        NoteMode(cpu, now);
        if (now.Cr3 != _before.Cr3 || (op.Code is Code.Mov_cr_r64 or Code.Mov_cr_r32 && op.Reg0 == 3))
        {
            _events.Add(Event(retired, _pc, _before, TraceEventKind.Cr3Write, -1, null, now.Cr3, now.Ring));
        }
    }

    private void NoteMode(Vcpu cpu, CpuSnapshot now)
    {
        if (!now.HasModeOf(_before))
        {
            _events.Add(Event(cpu.State.Retired, _pc, _before, TraceEventKind.ModeSwitch, -1, null, now.Bits, now.Ring));
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
}
