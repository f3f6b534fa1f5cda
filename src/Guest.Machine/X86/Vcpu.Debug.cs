namespace Guest.Machine.X86;

/// <content>Debug exceptions (Intel SDM 3B chapter 18): single step, instruction and data breakpoints.</content>
public sealed partial class Vcpu
{
    private const ulong StatusStep = 1 << 14;
    private ulong _hitBreakpoints;
    private bool _stepping;

    /// <summary>Whether a repeated string instruction must stop after each iteration, where a trap may be due.</summary>
    internal bool StepsIterations => (State.SystemFlags & Flags.TF) != 0 || (State.Dr7 & 0xFF) != 0;

    /// <summary>What stands before an instruction executed carefully: instruction breakpoints, the end of a shadow.</summary>
    internal void BeginInstruction()
    {
        ref CpuState s = ref State;
        bool quiet = s.Shadow == InterruptShadow.MovSs || s.InRep;
        if (s.Shadow != InterruptShadow.None)
        {
            s.Shadow = InterruptShadow.None;
            UpdateCareful();
            Attention = true;
        }

        s.InstructionStart = s.Rip;
        _hitBreakpoints = s.PendingBreakpoints;
        s.PendingBreakpoints = 0;
        if (!quiet && (s.SystemFlags & Flags.RF) == 0 && MatchBreakpoints(CodeAddress(s.Rip), 1, 0) is var hit && hit != 0)
        {
            RaiseDebug(hit, trap: false);
        }

        _stepping = (s.SystemFlags & Flags.TF) != 0;
    }

    /// <summary>Takes the single-step trap off the present instruction: INT n, and SYSCALL where FMASK clears TF.</summary>
    internal void CancelStep() => _stepping = false;

    /// <summary>What stands after it: RF ends, and traps are reported unless MOV SS holds them back.</summary>
    internal void EndInstruction()
    {
        ref CpuState s = ref State;
        if ((s.SystemFlags & Flags.RF) != 0 && !_flagsLoaded && !s.InRep)
        {
            s.SystemFlags &= ~Flags.RF;
            UpdateCareful();
        }

        _flagsLoaded = false;
        ulong status = _hitBreakpoints | (_stepping ? StatusStep : 0);
        if (s.Shadow == InterruptShadow.MovSs)
        {
            s.PendingBreakpoints = (byte)_hitBreakpoints;
        }
        else if (status != 0)
        {
            RaiseDebug(status, trap: true);
        }
    }

    /// <summary>Recomputes what follows from DR7.</summary>
    internal void UpdateBreakpoints()
    {
        ulong dr7 = State.Dr7;
        _dataBreakpoints = false;
        for (int i = 0; i < 4; i++)
        {
            _dataBreakpoints |= ((dr7 >> (2 * i)) & 3) != 0 && ((dr7 >> (16 + (4 * i))) & 3) is 1 or 3;
        }

        UpdateAccessMode();
        UpdateCareful();
        EndBlock();
    }

    /// <summary>Notes I/O breakpoints (CR4.DE) of a port access.</summary>
    internal void NotePort(ushort port, int size)
    {
        if ((State.Dr7 & 0xFF) != 0 && (State.Cr4 & ControlBits.Cr4De) != 0)
        {
            _hitBreakpoints |= MatchBreakpoints(port, size, 2);
        }
    }

    /// <summary>Raises #DB.</summary>
    internal void RaiseDebug(ulong status, bool trap)
    {
        _fault.Vector = Vector.DB;
        _fault.ErrorCode = null;
        _fault.DebugStatus = status;
        _fault.Trap = trap;
        throw _fault;
    }

    private void NoteDataBreakpoint(ulong address, int size, bool write)
    {
        ulong hit = MatchBreakpoints(address, size, 3);
        _hitBreakpoints |= write ? hit | MatchBreakpoints(address, size, 1) : hit;
    }

    // The enabled breakpoints of a kind (0 execute, 1 write, 2 I/O, 3 read or write) that overlap a range, as bits 0 to 3.
    private ulong MatchBreakpoints(ulong address, int size, ulong kind)
    {
        ref CpuState s = ref State;
        ulong hit = 0;
        for (int i = 0; i < 4; i++)
        {
            ulong control = (s.Dr7 >> (16 + (4 * i))) & 15;
            if (((s.Dr7 >> (2 * i)) & 3) == 0 || (control & 3) != kind)
            {
                continue;
            }

            ulong length = (control >> 2) switch { 0 => 1UL, 1 => 2, 2 => 8, _ => 4 };
            ulong start = (i switch { 0 => s.Dr0, 1 => s.Dr1, 2 => s.Dr2, _ => s.Dr3 }) & ~(length - 1);
            if (address < start + length && start < address + (ulong)size)
            {
                hit |= 1UL << i;
            }
        }

        return hit;
    }
}
