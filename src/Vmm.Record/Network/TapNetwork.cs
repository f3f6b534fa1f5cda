using Guest.Machine.Board;
using Vmm.Record.Native;

namespace Vmm.Record.Network;

/// <summary>A tap device of the host.</summary>
/// <param name="Name">Its name.</param>
public sealed record TapNetwork(string Name) : NetworkChoice
{
    /// <inheritdoc/>
    public override IFrameLink Open(NetworkDescription device) =>
        TapDevice.Open(Name, out string? error) is { } tap ? new TapLink(tap) : throw NetworkErrors.NoTap(Name, error!);
}
