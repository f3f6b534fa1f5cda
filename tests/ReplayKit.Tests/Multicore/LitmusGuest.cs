namespace ReplayKit.Tests.Multicore;

/// <summary>The bare-metal guest with litmus tests and races (Guests/litmus.c), compiled once.</summary>
public sealed class LitmusGuest : SmpGuest
{
    /// <summary>Compiles the guest.</summary>
    public LitmusGuest()
        : base("litmus")
    {
    }
}
