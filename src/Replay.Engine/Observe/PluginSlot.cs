namespace Replay.Engine.Observe;

/// <summary>A plugin in an observation: calls it, and notes when it fails. One that has failed is not called again; the replay and the others go on.</summary>
/// <param name="name">Its name.</param>
public sealed class PluginSlot(string name)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>What it has thrown, or null.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Calls the plugin.</summary>
    public void Call(Action call)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            call();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A plugin is foreign code: whatever it throws is its own failure and not the replay's.
            Failure = failure;
        }
    }

    /// <summary>Hands a batch to the plugin.</summary>
    internal void Call<TEvent>(Batch<TEvent> take, ReadOnlySpan<TEvent> events)
        where TEvent : unmanaged
    {
        if (Failure is not null || events.IsEmpty)
        {
            return;
        }

        try
        {
            take(events);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Failure = failure;
        }
    }

    /// <summary>Hands a trace to the plugin.</summary>
    internal void Call(TraceBatch take, Guest.Machine.X86.Observe.CodeTrace trace, ReadOnlySpan<ulong> words)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            take(trace, words);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Failure = failure;
        }
    }

    /// <summary>Tells the plugin of an event.</summary>
    internal void Call<TEvent>(Callback<TEvent> call, in TEvent occurred)
        where TEvent : allows ref struct
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            call(occurred);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Failure = failure;
        }
    }
}
