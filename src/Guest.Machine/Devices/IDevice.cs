using Guest.Machine.State;

namespace Guest.Machine.Devices;

/// <summary>A part of the board that has state: every bit of it is in the machine's state hash and in checkpoints.</summary>
public interface IDevice
{
    /// <summary>The name under which the state hash and <c>verify</c> list the device; unique on a board, lower case.</summary>
    string Name { get; }

    /// <summary>Writes the whole state in a fixed order. Called between instructions only; changes nothing.</summary>
    void Save(StateWriter writer);

    /// <summary>Takes over what <see cref="Save"/> wrote. Drives no interrupt line: every device restores its own side of a line.</summary>
    void Restore(StateReader reader);
}
