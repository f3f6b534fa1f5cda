using System.Globalization;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log.Records;

namespace Replay.Engine;

/// <summary>Compares the machine's state with the hashes the recorder noted, and names the interval and the parts that differ.</summary>
internal sealed class StateComparer
{
    private readonly PartNames _names;
    private Position _lastEqual;

    /// <summary>Compares from where a machine stands.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="since">Where its state was known to be right.</param>
    internal StateComparer(VirtualMachine machine, Position since)
    {
        _names = new PartNames(machine);
        _lastEqual = since;
    }

    /// <summary>Hashes compared and found equal.</summary>
    internal int Compared { get; private set; }

    /// <summary>Compares.</summary>
    /// <exception cref="ReplayKitException">RK0503: they differ.</exception>
    internal void Compare(VirtualMachine machine, StateHash recorded)
    {
        var own = new StateHash([.. machine.HashState()]);
        var differing = recorded.DifferingParts(own);
        if (differing.Length > 0)
        {
            string parts = string.Join(", ", differing.Select(part => _names.Of(part)).Distinct());
            throw new ReplayKitException(503, ExitCode.Divergence, string.Create(CultureInfo.InvariantCulture, $"the replay left the recording between {_lastEqual} and {machine.Position}: {parts} differ"));
        }

        _lastEqual = machine.Position;
        Compared++;
    }

    /// <summary>The words for the parts of a state hash.</summary>
    private sealed class PartNames
    {
        private readonly VirtualMachine _machine;

        internal PartNames(VirtualMachine machine) => _machine = machine;

        private string NameOfSlot(int slot) =>
            _machine.Board.PciFunctions.FirstOrDefault(function => function.Slot == slot)?.Name ?? $"the device in slot {slot}";

        internal string Of(StatePart part) => part.Kind switch
        {
            StatePartKind.Registers => $"registers of vCPU {part.Number}",
            StatePartKind.Device when part.Number < _machine.Board.Devices.Count => $"device {_machine.Board.Devices[part.Number].Name}",
            StatePartKind.Device => $"device {_machine.Clock.Name}",
            StatePartKind.Memory => "memory",
            _ when part.Number == 0 => "console output",
            _ => $"what {NameOfSlot(part.Number)} sent",
        };
    }
}
