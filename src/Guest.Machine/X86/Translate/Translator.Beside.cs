using Guest.Machine.Native;
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

    private void EnterBeside(ref CpuState s, nint target, ulong budget, ShadowStack stack, IVcpuGate gate)
    {
        gate.Open(_cpu);
        var reason = (Leave)EmittedCode.Enter(_blocks.Enter, Raw.AddressOf(ref s), target);
        Leave stood = Stand(ref s, budget, reason, stack);
        if (gate.Close(_cpu))
        {
            Statistics.Exits[(int)reason]++;
            Act(ref s, stood);
        }
    }

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
