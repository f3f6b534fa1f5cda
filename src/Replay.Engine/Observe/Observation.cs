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
