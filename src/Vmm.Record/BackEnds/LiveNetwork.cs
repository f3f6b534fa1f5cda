using System.Buffers;
using System.Collections.Concurrent;
using Guest.Machine.Board;
using Guest.Machine.Devices.Network;
using Replay.Log;
using Replay.Log.Records;
using Vmm.Record.Network;

namespace Vmm.Record.BackEnds;

/// <summary>A network behind a live machine: one thread waits for frames, another sends them.</summary>
/// <remarks>
/// Frames for a guest that has no room wait, and with them the other side; frames for one whose driver does not run are lost. What the guest sends is
/// lost where the other side takes it too slowly. Under a virtual clock too, frames come when they come: such a run is not the same every time.
/// </remarks>
internal sealed class LiveNetwork : ILiveDevice
{
    private const int MostWaiting = 1024;
    private const int MostUnsent = 4096;

    private readonly NetworkDevice _device;
    private readonly VirtualMachine _machine;
    private readonly int _slot;
    private readonly IFrameLink _link;
    private readonly InputBell _bell;
    private readonly bool _holds;
    private readonly ConcurrentQueue<LiveFrame> _received = new();
    private readonly SemaphoreSlim _room = new(MostWaiting);
    private readonly BlockingCollection<LiveFrame> _unsent = new(MostUnsent);
    private readonly Queue<LiveFrame> _held = [];
    private readonly Thread _receiver;
    private readonly Thread _sender;
    private volatile bool _closed;

    /// <summary>Starts the threads.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="device">The device.</param>
    /// <param name="slot">Its slot.</param>
    /// <param name="link">What is behind it; closed with this.</param>
    /// <param name="bell">Rung for each frame.</param>
    /// <param name="holds">Whether frames are sent by <see cref="Release"/> alone.</param>
    internal LiveNetwork(VirtualMachine machine, NetworkDevice device, int slot, IFrameLink link, InputBell bell, bool holds)
    {
        _machine = machine;
        _device = device;
        _slot = slot;
        _link = link;
        _bell = bell;
        _holds = holds;
        _receiver = new Thread(ReceiveAll) { IsBackground = true, Name = $"frames for slot {slot}" };
        _sender = new Thread(SendAll) { IsBackground = true, Name = $"frames of slot {slot}" };
        _receiver.Start();
        _sender.Start();
    }

    /// <inheritdoc/>
    public bool HasInput => _received.TryPeek(out LiveFrame frame) && (!_device.IsListening || _device.CanReceive(frame.Length));

    /// <inheritdoc/>
    public ulong Due => ulong.MaxValue;

    /// <inheritdoc/>
    public bool CanWake => !_closed || !_received.IsEmpty;

    /// <inheritdoc/>
    public bool HoldsOutput => _held.Count > 0;

    /// <inheritdoc/>
    public void Resume()
    {
    }

    /// <inheritdoc/>
    public void Ready()
    {
        if (!_received.IsEmpty)
        {
            _machine.Call();
        }
    }

    /// <summary>Takes a frame of the guest.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        LiveFrame frame = new(ArrayPool<byte>.Shared.Rent(bytes.Length), bytes.Length);
        bytes.CopyTo(frame.Buffer);
        if (_holds)
        {
            _held.Enqueue(frame);
            _machine.Call();
        }
        else
        {
            Hand(frame);
        }
    }

    /// <inheritdoc/>
    public void Release()
    {
        while (_held.TryDequeue(out LiveFrame frame))
        {
            Hand(frame);
        }
    }

    /// <inheritdoc/>
    public void Apply(VirtualMachine machine, bool idle, LogWriter? log)
    {
        while (_received.TryPeek(out LiveFrame frame))
        {
            if (_device.CanReceive(frame.Length))
            {
                log?.Append(machine.Position, new FrameInput(_slot, frame.Bytes));
                machine.ApplyFrame(_slot, frame.Bytes);
            }
            else if (_device.IsListening)
            {
                return;
            }

            _received.TryDequeue(out _);
            _room.Release();
            ArrayPool<byte>.Shared.Return(frame.Buffer);
        }
    }

    /// <summary>Sends what is left, ends the threads and closes the link.</summary>
    public void Dispose()
    {
        Release();
        _unsent.CompleteAdding();
        _sender.Join();
        _closed = true;
        _link.Close();
        _room.Release();
        _receiver.Join();
        _link.Dispose();
        _unsent.Dispose();
        _room.Dispose();
    }

    private void Hand(LiveFrame frame)
    {
        if (!_unsent.TryAdd(frame))
        {
            ArrayPool<byte>.Shared.Return(frame.Buffer);
        }
    }

    private void ReceiveAll()
    {
        byte[] buffer = new byte[_device.LongestFrame];
        while (!_closed && _link.Receive(buffer) is > 0 and int length)
        {
            if (length < NetworkDevice.ShortestFrame)
            {
                continue;
            }

            _room.Wait();
            LiveFrame frame = new(ArrayPool<byte>.Shared.Rent(length), length);
            buffer.AsSpan(0, length).CopyTo(frame.Buffer);
            _received.Enqueue(frame);
            _bell.Ring();
        }

        _closed = true;
        _bell.Ring();
    }

    private void SendAll()
    {
        foreach (LiveFrame frame in _unsent.GetConsumingEnumerable())
        {
            _link.Send(frame.Bytes);
            ArrayPool<byte>.Shared.Return(frame.Buffer);
        }
    }
}
