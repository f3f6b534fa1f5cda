namespace Guest.Machine.Devices;

/// <summary>A timer of the board: something that happens by itself at a tick of the machine's clock.</summary>
/// <remarks>A device with several timers has several of these. Timers due at one position expire in the order of <see cref="TimerNumber"/>.</remarks>
public interface ITimedDevice
{
    /// <summary>The timer's place in the fixed order; unique on a board (<see cref="Board.TimerNumbers"/>).</summary>
    int TimerNumber { get; }

    /// <summary>The tick (<see cref="IClock.Now"/>) at which the timer is due; <see cref="ulong.MaxValue"/> where it is not armed.</summary>
    /// <remarks>Cheap to read. It changes only by an access to the device, by <see cref="Expire"/> or by a restore.</remarks>
    ulong Deadline { get; }

    /// <summary>Does what is due; called where the clock has reached <see cref="Deadline"/>. It moves the deadline on or disarms the timer.</summary>
    void Expire();
}
