using Guest.Machine.Board;

namespace Vmm.Record.BackEnds;

/// <summary>When a device's request is answered: at once under the host's clock, a fixed number of instructions later under a virtual one.</summary>
internal sealed class LiveTurn
{
    /// <summary>Instructions between a request and its answer under a virtual clock: 80 µs at its fixed rate.</summary>
    internal const ulong VirtualLatency = 20_000;

    private readonly VirtualMachine _machine;

    internal LiveTurn(VirtualMachine machine)
    {
        _machine = machine;
        IsVirtual = machine.Description.ClockMode == ClockMode.Virtual;
    }

    internal bool IsVirtual { get; }

    /// <summary>Whether a request waits.</summary>
    internal bool IsAsked { get; private set; }

    /// <summary>Under a virtual clock, where it is due.</summary>
    internal ulong Due { get; private set; } = ulong.MaxValue;

    /// <summary>A request was made where the machine stands.</summary>
    internal void Ask()
    {
        if (IsVirtual)
        {
            Due = Math.Min(Due, _machine.Position.Retired + VirtualLatency);
            _machine.AwaitsInput = true;
        }

        // To answer at once, or to run no further than to where the answer is due.
        _machine.Call();
        IsAsked = true;
    }

    internal bool IsDue(bool idle) => IsAsked && (!IsVirtual || idle || _machine.Position.Retired >= Due);

    internal void End()
    {
        IsAsked = false;
        Due = ulong.MaxValue;
    }
}
