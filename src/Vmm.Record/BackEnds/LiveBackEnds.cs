using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.Devices.Block;
using Guest.Machine.Devices.Console;
using Guest.Machine.Devices.Entropy;
using Guest.Machine.Devices.Network;
using Guest.Machine.Devices.Pci;
using Guest.Machine.Devices.Virtio;
using Replay.Log;
using Replay.Log.Disks;
using Vmm.Record.Network;

namespace Vmm.Record.BackEnds;

/// <summary>Everything behind the devices of a live machine's PCI bus.</summary>
internal sealed class LiveBackEnds : IBackEnds, IDisposable
{
    private readonly ILiveDevice?[] _bySlot = new ILiveDevice?[LogFormat.MaxSlot + 1];
    private readonly List<ILiveDevice> _devices = [];

    /// <summary>Whether an input waits.</summary>
    internal bool HaveInput => _devices.Exists(device => device.HasInput);

    /// <summary>Whether an input may still come.</summary>
    internal bool CanWake => _devices.Exists(device => device.CanWake);

    /// <summary>Under a virtual clock, the retired count at which the next answer is due.</summary>
    internal ulong Due => _devices.Count == 0 ? ulong.MaxValue : _devices.Min(device => device.Due);

    /// <summary>Whether output waits for <see cref="Release"/>.</summary>
    internal bool HoldsOutput => _devices.Exists(device => device.HoldsOutput);

    /// <inheritdoc/>
    public void Ready(int slot) => _bySlot[slot]?.Ready();

    /// <inheritdoc/>
    public void Submit(int slot, DiskRequest request) => ((LiveDisk)_bySlot[slot]!).Submit(request);

    /// <inheritdoc/>
    public void Send(int slot, ReadOnlySpan<byte> frame) => ((LiveNetwork)_bySlot[slot]!).Send(frame);

    /// <summary>Lets the output go that waits.</summary>
    internal void Release() => _devices.ForEach(device => device.Release());

    /// <inheritdoc/>
    public void Dispose() => _devices.ForEach(device => device.Dispose());

    /// <summary>Puts a back end behind each device.</summary>
    /// <param name="machine">The machine, before it runs.</param>
    /// <param name="disks">What is on its disks, by slot; closed with this.</param>
    /// <param name="networks">What is behind its network devices, by slot; closed with this.</param>
    /// <param name="bell">Rung for each input.</param>
    /// <param name="holds">Whether frames that the guest sends wait for <see cref="Release"/>.</param>
    internal void Connect(VirtualMachine machine, IReadOnlyDictionary<int, IDiskImage> disks, IReadOnlyDictionary<int, IFrameLink> networks, InputBell bell, bool holds)
    {
        foreach (VirtioPci function in machine.Board.PciFunctions.OfType<VirtioPci>())
        {
            if (function.Device is ConsoleDevice)
            {
                continue;
            }

            ILiveDevice? live = function.Device switch
            {
                BlockDevice disk => new LiveDisk(machine, disk, function.Slot, disks[function.Slot], bell),
                NetworkDevice network => new LiveNetwork(machine, network, function.Slot, networks[function.Slot], bell, holds),
                EntropyDevice entropy => new LiveEntropy(entropy, function.Slot, new LiveTurn(machine)),
                _ => throw new InvalidOperationException($"nothing stands behind {function.Name}"),
            };
            _bySlot[function.Slot] = live;
            _devices.Add(live);
        }
    }

    /// <summary>Whether the machine knows of everything that was done for it; only behind <see cref="Hold"/>.</summary>
    internal bool IsStill => _devices.TrueForAll(device => device.IsStill);

    /// <summary>Begins nothing new for any device.</summary>
    internal void Hold() => _devices.ForEach(device => device.Hold());

    /// <summary>Goes on.</summary>
    internal void Let() => _devices.ForEach(device => device.Let());

    /// <summary>Takes up what the devices of a restored machine wait for.</summary>
    internal void Resume() => _devices.ForEach(device => device.Resume());

    /// <summary>Applies and logs the inputs that are there, device by device.</summary>
    internal void Apply(VirtualMachine machine, bool idle, LogWriter? log)
    {
        foreach (ILiveDevice device in _devices)
        {
            device.Apply(machine, idle, log);
        }
    }
}
