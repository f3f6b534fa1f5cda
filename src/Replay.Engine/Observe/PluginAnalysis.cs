using Guest.Machine;
using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>Plugins over a window of a recording, in one piece or in several.</summary>
/// <param name="requests">The plugins.</param>
/// <param name="from">Where it begins.</param>
/// <param name="to">Where it ends.</param>
/// <param name="toEnd">Whether that is the recording's end: what is due there is then part of it.</param>
public sealed class PluginAnalysis(IReadOnlyList<PluginRequest> requests, Position from, Position to, bool toEnd)
{
    /// <summary>Has the plugins watch one of several pieces of about equal length.</summary>
    /// <param name="replayer">The replay, at or before the piece's beginning, or wherever it can seek from.</param>
    /// <param name="number">Which piece, from 0.</param>
    /// <param name="count">How many there are.</param>
    /// <exception cref="ReplayKitException">The replay left the recording; or a plugin cannot be made.</exception>
    public IReadOnlyList<PluginRun> Watch(Replayer replayer, int number, int count)
    {
        PluginRun[] runs = [.. requests.Select(request => request.Create())];
        replayer.SeekTo(Cut(number, count));
        using Observation observation = new(replayer.Machine, runs);
        foreach (Position cut in observation.Cuts(Cut(number + 1, count)))
        {
            replayer.Run(cut);
            observation.Cut();
        }

        replayer.Run(number == count - 1 && toEnd ? null : Cut(number + 1, count));
        observation.Complete();
        return runs;
    }

    /// <summary>Where a piece begins; the number behind the last one is the end.</summary>
    public Position Cut(int number, int count) =>
        new(0, from.Retired + (ulong)((UInt128)(to.Retired - from.Retired) * (ulong)number / (ulong)count));

    /// <summary>Joins the results of consecutive pieces.</summary>
    /// <param name="pieces">[piece][plugin] the results; those of the first take over the others.</param>
    public static IReadOnlyList<PluginRun> Join(IReadOnlyList<IReadOnlyList<PluginRun>> pieces)
    {
        foreach (IReadOnlyList<PluginRun> next in pieces.Skip(1))
        {
            for (int plugin = 0; plugin < next.Count; plugin++)
            {
                pieces[0][plugin].Append(next[plugin]);
            }
        }

        return pieces[0];
    }

    /// <summary>The bytes of what plugins keep.</summary>
    public static byte[] Save(IReadOnlyList<PluginRun> runs)
    {
        StateWriter writer = new();
        foreach (PluginRun run in runs)
        {
            run.Save(writer);
        }

        return writer.Written.ToArray();
    }

    /// <summary>Plugins with what they kept.</summary>
    /// <exception cref="ReplayKitException">RK0280: the bytes are damaged.</exception>
    public static IReadOnlyList<PluginRun> Load(IReadOnlyList<PluginRequest> requests, byte[] state)
    {
        StateReader reader = new(state);
        PluginRun[] runs = [.. requests.Select(request => request.Create())];
        foreach (PluginRun run in runs)
        {
            run.SubscribeToNothing();
            run.Load(reader);
        }

        reader.ExpectEnd("the plugins");
        return runs;
    }
}
