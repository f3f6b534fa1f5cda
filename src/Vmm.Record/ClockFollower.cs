using Guest.Machine.Board;
using Replay.Log.Records;

namespace Vmm.Record;

/// <summary>Decides when the guest's clock needs a new anchor to follow the host's, and which.</summary>
/// <remarks>
/// What varies: the host's clock. Logged: as <see cref="TimeAnchor"/>, at the position where it is applied. A clock ahead of the host is
/// slowed, never stepped back; one that is behind is hurried, but no more than a guest's timer tick can bear: a step would swallow ticks that
/// the guest counts. Only idle time is stepped over.
/// </remarks>
internal sealed class ClockFollower
{
    // Errors below this need no anchor: the log stays small.
    private const long TolerableError = 50_000;

    // The next anchor is expected after this time: an error is worked off until then.
    private const ulong Horizon = 4_000_000;

    // Fastest clock, in ticks per instruction of one vCPU: a 4 ms tick of the guest is then 20,000 instructions long. Several in turn share them.
    private const double FastestRate = 200;

    private ulong _lastRetired;
    private ulong _lastHost;
    private double _instructionsPerNanosecond = 0.05;

    /// <summary>The anchor that is due after some execution, or null.</summary>
    internal TimeAnchor? AfterRunning(VirtualMachine machine, ulong host)
    {
        Measure(machine, host);
        ulong now = machine.Clock.Now;
        long behind = (long)(host - now);
        if (Math.Abs(behind) < TolerableError)
        {
            return null;
        }

        double instructions = Math.Max(1, _instructionsPerNanosecond * Horizon);
        double wanted = Math.Max(Horizon / 16.0, Horizon + (double)behind);
        ulong rate = Coarse(Math.Min(wanted / instructions, FastestRate / machine.Description.Vcpus));
        return rate == machine.Clock.Rate ? null : new TimeAnchor(now, rate);
    }

    /// <summary>The anchor after the guest has been idle: its clock is where the host's is.</summary>
    internal TimeAnchor AfterIdling(VirtualMachine machine, ulong host)
    {
        _lastRetired = machine.Position.Retired;
        _lastHost = host;
        return new TimeAnchor(Math.Max(host, machine.Clock.Now), machine.Clock.Rate);
    }

    private void Measure(VirtualMachine machine, ulong host)
    {
        ulong retired = machine.Position.Retired;
        if (host - _lastHost > 200_000 && retired > _lastRetired)
        {
            double speed = (double)(retired - _lastRetired) / (host - _lastHost);
            _instructionsPerNanosecond += (speed - _instructionsPerNanosecond) / 4;
            _lastRetired = retired;
            _lastHost = host;
        }
    }

    // Rates are multiples of a unit that the log writes in two or three bytes.
    private static ulong Coarse(double ticksPerInstruction)
    {
        double units = ticksPerInstruction * 4294967296.0 / TimeAnchor.CoarseUnit;
        return Math.Max(1, (ulong)Math.Round(units)) * TimeAnchor.CoarseUnit;
    }
}
