using Guest.Machine.Devices;
using Guest.Machine.Devices.Block;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>Back ends that remember what the devices sent.</summary>
public sealed class TestBackEnds : IBackEnds
{
    public int ReadyCalls { get; private set; }

    public List<DiskRequest> Requests { get; } = [];

    public void Ready(int slot) => ReadyCalls++;

    public List<byte[]> Frames { get; } = [];

    public void Submit(int slot, DiskRequest request) => Requests.Add(request);

    public void Send(int slot, ReadOnlySpan<byte> frame) => Frames.Add(frame.ToArray());
}
