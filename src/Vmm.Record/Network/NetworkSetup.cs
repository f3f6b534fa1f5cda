using Guest.Machine.Board;

namespace Vmm.Record.Network;

/// <summary>A network device of a machine that is about to run, connected.</summary>
public sealed class NetworkSetup : IDisposable
{
    private NetworkSetup(NetworkDescription device, IFrameLink link)
    {
        Device = device;
        Link = link;
    }

    /// <summary>The device.</summary>
    public NetworkDescription Device { get; }

    /// <summary>What is behind it.</summary>
    internal IFrameLink Link { get; }

    /// <summary>Makes the connection.</summary>
    /// <param name="choice">What is asked for.</param>
    /// <param name="device">The device.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK08xx: it cannot be made.</exception>
    public static NetworkSetup Open(NetworkChoice choice, NetworkDescription device) => new(device, choice.Open(device));

    /// <inheritdoc/>
    public void Dispose() => Link.Dispose();
}
