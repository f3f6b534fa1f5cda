namespace Replay.Engine.Observe;

/// <summary>An analysis of a replay: says what it wants to see, and reports what it found. It cannot change the guest.</summary>
/// <remarks>
/// Its public constructor's parameters are its options (int, long, ulong, bool, text or an enumeration, with default values); the documentation comment gives the help.
/// One object observes one piece of a recording, on one thread.
/// </remarks>
public interface IPlugin
{
    /// <summary>The word that chooses it: lower case, with hyphens.</summary>
    static abstract string Name { get; }

    /// <summary>Says what it wants to see, before the replay begins.</summary>
    void Subscribe(IInstrumentation on);

    /// <summary>Hands over the results, once, after the replay.</summary>
    void Report(IReport report);
}
