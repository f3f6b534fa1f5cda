namespace Guest.Machine.Board;

/// <summary>What the guest's time-stamp counter follows.</summary>
public enum ClockMode
{
    /// <summary>The host's clock, by anchors that the recorder logs.</summary>
    Host = 0,

    /// <summary>The retired instructions alone, at a fixed rate: a run without other inputs is the same every time.</summary>
    Virtual = 1,
}
