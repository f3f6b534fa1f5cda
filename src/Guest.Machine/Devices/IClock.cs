namespace Guest.Machine.Devices;

/// <summary>The machine's time, as a function of the position.</summary>
public interface IClock
{
    /// <summary>TSC ticks since machine start, at 1 GHz: nanoseconds of guest time. It never runs backwards.</summary>
    ulong Now { get; }
}
