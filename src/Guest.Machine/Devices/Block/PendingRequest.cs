using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Devices.Block;

/// <summary>A request that waits for its answer.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Chain">Where the answer goes; null where the device was reset since: the guest takes no answer, but a write was made.</param>
/// <param name="Buffer">Where the request's data is, where it is to be given back; null where it is not.</param>
internal readonly record struct PendingRequest(DiskRequest Request, DescriptorChain? Chain, byte[]? Buffer);
