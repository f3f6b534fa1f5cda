using Guest.Machine.Devices.Block;
using Guest.Machine.Devices.Entropy;
using Guest.Machine.Devices.Network;

namespace Guest.Machine.Board;

/// <content>The inputs. Whoever applies one logs it at the position where the machine stands, or has it from the log.</content>
public sealed partial class VirtualMachine
{
    /// <summary>Input: a new anchor of the clock at the present position.</summary>
    public void ApplyAnchor(ulong ticks, ulong rate)
    {
        SettleIfHalted();
        Clock.Anchor(ticks, rate);
        if (Description.Parallel)
        {
            // The clock stands between anchors: nothing else makes a timer due.
            Board.ExpireTimers(Clock.Now);
        }

        EndInput(taken: true);
    }

    /// <summary>Input: bytes typed on the console: the virtio console where the machine has one, else the serial port.</summary>
    /// <returns>How many were taken; what is left must be given again later.</returns>
    public int ApplyConsole(ReadOnlySpan<byte> bytes)
    {
        SettleIfHalted();
        int taken = Board.VirtioConsole is { } console ? console.Receive(bytes) : Board.Console.Receive(bytes);
        EndInput(taken > 0);
        return taken;
    }

    /// <summary>Input: the terminal of the virtio console has another size.</summary>
    /// <returns>False where the machine has no such console; then nothing has happened.</returns>
    public bool ApplyConsoleSize(ushort columns, ushort rows)
    {
        SettleIfHalted();
        Board.VirtioConsole?.Resize(columns, rows);
        return EndInput(Board.VirtioConsole is not null);
    }

    /// <summary>Input: entropy for the oldest request of an entropy device.</summary>
    /// <returns>False where no device in the slot waits for that many bytes; then nothing has happened.</returns>
    public bool ApplyEntropy(int slot, ReadOnlySpan<byte> bytes)
    {
        SettleIfHalted();
        return EndInput(Board.Virtio<EntropyDevice>(slot)?.Receive(bytes) ?? false);
    }

    /// <summary>Input: the answer to a request to a disk.</summary>
    /// <param name="slot">The block device's slot.</param>
    /// <param name="index">The request's place among those that wait, from the oldest, which is 0.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="data">What was read, for a read that is done; empty otherwise.</param>
    /// <returns>False where no such request waits; then nothing has happened.</returns>
    public bool ApplyDisk(int slot, int index, DiskStatus status, ReadOnlySpan<byte> data)
    {
        SettleIfHalted();
        return EndInput(Board.Virtio<BlockDevice>(slot)?.Complete(index, status, data) ?? false);
    }

    /// <summary>Input: a frame for a network device.</summary>
    /// <returns>False where no device in the slot takes it; then nothing has happened.</returns>
    public bool ApplyFrame(int slot, ReadOnlySpan<byte> frame)
    {
        SettleIfHalted();
        return EndInput(Board.Virtio<NetworkDevice>(slot)?.Receive(frame) ?? false);
    }

    // Inside a REP instruction interrupts are delivered only where an input was taken: a replay must know where.
    private bool EndInput(bool taken)
    {
        _inputInRep |= taken && Cpu.State.InRep && !Description.Parallel;
        SettleIfHalted();
        return taken;
    }
}
