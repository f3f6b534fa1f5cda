using Guest.Machine;
using Guest.Machine.Board;

namespace Replay.Engine.Observe;

/// <summary>Plugins that watch a replay together.</summary>
/// <remarks>The replay stands where observing is to begin when the observation is made, and where it is to end when it is completed. It must not go elsewhere in between.</remarks>
public sealed class Observation : IDisposable
{
    private readonly Subscriptions _wanted = new();
    private readonly List<VcpuObserver> _observers = [];
    private readonly ObservedGuest _guest;

    /// <summary>Lets plugins watch from here on.</summary>
    /// <param name="machine">The machine that replays.</param>
    /// <param name="plugins">The plugins.</param>
    public Observation(VirtualMachine machine, IReadOnlyList<PluginRun> plugins)
    {
        _guest = new ObservedGuest(machine);
        foreach (PluginRun plugin in plugins)
        {
            plugin.Subscribe(_wanted, _guest);
        }

        for (int vcpu = 0; vcpu < machine.Cpus.Count; vcpu++)
        {
            _observers.Add(new VcpuObserver(_wanted, _guest, machine.Cpus[vcpu], machine.Engines[vcpu]));
        }
    }

    /// <summary>Where the machine has to be stopped on its way, each time for <see cref="Cut"/>: where intervals end that plugins have asked for.</summary>
    /// <param name="end">Where its way ends; there it need not be.</param>
    public IEnumerable<Position> Cuts(Position end)
    {
        while (_wanted.Intervals.Count > 0)
        {
            ulong at = _guest.Machine.Position.Retired;
            Position next = new(0, _wanted.Intervals.Min(interval => ((at / interval.Length) + 1) * interval.Length));
            if (!next.IsBefore(end))
            {
                yield break;
            }

            yield return next;
        }
    }

    /// <summary>The machine has come to one of the <see cref="Cuts"/>.</summary>
    public void Cut()
    {
        foreach (VcpuObserver observer in _observers)
        {
            observer.Collect();
        }

        ulong at = _guest.Machine.Position.Retired;
        foreach ((PluginSlot plugin, ulong length, Action<ulong> call) in _wanted.Intervals)
        {
            if (at % length == 0)
            {
                plugin.Call(() => call(at));
            }
        }
    }

    /// <summary>Ends the watching here; the plugins have everything.</summary>
    public void Complete()
    {
        foreach (VcpuObserver observer in _observers)
        {
            observer.Complete();
        }

        _wanted.Flush();
        foreach ((PluginSlot plugin, Action<ObservedGuest> call) in _wanted.Ends)
        {
            plugin.Call(() => call(_guest));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _observers.ForEach(observer => observer.Dispose());
}
