using Guest.Machine.Native;
using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Emit;
using Guest.Machine.X86.Translate.Link;
using Guest.Machine.X86.Translate.Native;

namespace Guest.Machine.X86.Translate;

/// <content>Running beside other vCPUs: emitted code runs at once with theirs, everything else behind the gate (docs/multicore.md).</content>
public sealed partial class Translator
{
    // Between two instructions: what belongs to the next one has been done, or others may act first. False: look around.
    private bool Passes(IVcpuGate gate)
    {
        if (_cpu.HasActed)
        {
            _interpreter.Go(_cpu.State.Retired + 1);
            return false;
        }

        gate.Pass(_cpu);
        return !_cpu.Attention;
    }

    // One stay: emitted code, and in between what this vCPU does alone.
    private void EnterBeside(ref CpuState s, nint target, ulong until, ulong budget, ShadowStack stack, IVcpuGate gate)
    {
        gate.Open(_cpu);
        Leave stood;
        do
        {
            Leave reason;
            do
            {
                reason = (Leave)EmittedCode.Enter(_blocks.Enter, Raw.AddressOf(ref s), target);
                Statistics.Exits[(int)reason]++;
            }
            while (reason is Leave.Read or Leave.Write && TryAllow(ref s, reason, out target, alone: true));
            stood = Stand(ref s, budget, reason, stack);
        }
        while (GoesOnAlone(ref s, ref stood, until, gate, ref budget, ref stack, out target));

        Statistics.Stands[(int)stood]++;
        if (gate.Close(_cpu) && !(stood is Leave.Read or Leave.Write && AwaitsTurn(ref s, stood, gate)))
        {
            Act(ref s, stood);
        }
    }

    // Whether the stay goes on: what emitted code left for needs nobody else.
    private bool GoesOnAlone(ref CpuState s, ref Leave stood, ulong until, IVcpuGate gate, ref ulong budget, ref ShadowStack stack, out nint target)
    {
        target = 0;
        ulong left = until - s.Retired;
        if (left <= 2 * _slack || _trace is not null || Stops is not null || !gate.MayStay(_cpu, stood == Leave.Budget))
        {
            return false;
        }

        if (stood is not (Leave.Budget or Leave.Link or Leave.Jump))
        {
            CrossAlone(ref s, stood);
            if ((stood != Leave.Interpret && !(stood == Leave.Write && _cpu.IsTableAlone(Missed(ref s)))) || !StepsAlone(ref s))
            {
                return false;
            }

            // Nothing is left to be done here.
            stood = Leave.Budget;
        }

        // Behind IRET from a page fault an instruction is executed carefully.
        if (_cpu.Careful && (_cpu.Attention || !_cpu.HasOnlyResumed || !StepsAlone(ref s)))
        {
            return false;
        }

        ModeKey mode = ModeKey.Of(_cpu);
        if (mode.Features != _features || !CanTranslate(ref s) || _cpu.Attention)
        {
            return false;
        }

        s.InstructionStart = s.Rip;
        target = _blocks.FindCodeAlone(s.Rip, mode);
        if (target == 0 || (stood == Leave.Link && !ConnectsAlone(s.Emitted.Site, s.Rip)))
        {
            return false;
        }

        budget = Math.Min(left - _slack, Quantum);
        stack = Begin(ref s, budget, mode);
        return true;
    }

    // What goes on in the next page is translated for the next time.
    private void CrossAlone(ref CpuState s, Leave stood)
    {
        if (stood == Leave.Interpret && _blocks.Links.BlockAt(_blocks.Links.SiteAt(s.Emitted.Site).Block) is { Crosses: true } block)
        {
            _blocks.Cross(s.Rip, block.Mode, alone: true);
        }
    }

    // Executes the instruction for which emitted code left, if it is one of those that mostly concern nobody else; false: nothing has happened.
    private bool StepsAlone(ref CpuState s)
    {
        CpuState before = s;
        _cpu.BeginAlone();
        try
        {
            s.InstructionStart = s.Rip;
            if (!AloneForms.May(_interpreter.CodeAlone()))
            {
                return false;
            }

            if (_cpu.Careful)
            {
                _interpreter.Go(s.Retired + 1);
            }
            else
            {
                _interpreter.Step(Statistics);
            }

            return s.Retired != before.Retired;
        }
        catch (Exception given) when (given is GateNeededException or GuestFaultException)
        {
            // Others may have asked it to stop meanwhile; it is about to.
            s = before;
            _cpu.AskToStop();
            _cpu.UpdateMode();
            return false;
        }
        finally
        {
            _cpu.EndAlone();
        }
    }

    private bool ConnectsAlone(int number, ulong target)
    {
        if (_blocks.FindBlockAlone(target, _blocks.Links.LinkAt(number).Mode) is not { } block)
        {
            return false;
        }

        _blocks.Links.Connect(number, block);
        return true;
    }

    // Whether others have acted so that the one that has the page could use it for a while.
    private bool AwaitsTurn(ref CpuState s, Leave reason, IVcpuGate gate) =>
        _cpu.TryFindRam(Missed(ref s), KindOf(reason), out int page) && gate.AwaitTurn(_cpu, page);

    // Whether the access that emitted code left for is still the one to look at. It never goes on in the middle of an instruction: what the instruction has
    // read before may have changed since. Where nothing has, the walk says whether the access faults; else the instruction begins anew.
    private bool IsStillSo(ref CpuState s, Leave reason)
    {
        if (!_cpu.SharesRam)
        {
            return true;
        }

        if (_cpu.IsDisturbed)
        {
            return false;
        }

        _ = TryAllowMissed(ref s, reason);
        return true;
    }
}
