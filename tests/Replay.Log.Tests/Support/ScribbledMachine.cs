using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Replay.Log.Checkpoints;
using Replay.Log.Disks;

namespace Replay.Log.Tests.Support;

/// <summary>A small machine without a guest, into whose registers, console, memory and disk a test scribbles: for checkpoints that need no instructions.</summary>
internal sealed class ScribbledMachine : IDisposable
{
    public const int Pages = 1024;

    public const int Slot = 3;

    // Not a whole number of blocks.
    private const int DiskBytes = (300 * ScratchDisk.BlockBytes) + 512;

    public static MachineDescription Description { get; } = MachineSetup.Describe(
        "x86-64-v2", (ulong)Pages << 12, 1, ClockMode.Virtual, [new BlockDescription { Slot = Slot, Name = "disk0", Bytes = DiskBytes, ReadOnly = false, Serial = "disk0" }]);

    public VirtualMachine Machine { get; } = new(Description, new Silence());

    public ScratchDisk Disk { get; } = new(new NoiseImage(DiskBytes));

    /// <summary>Whether it writes its disk.</summary>
    public bool WritesDisk { get; init; } = true;

    public IReadOnlyDictionary<int, ICheckpointDisk> Disks => WritesDisk ? new Dictionary<int, ICheckpointDisk> { [Slot] = Disk } : new Dictionary<int, ICheckpointDisk>();

    /// <summary>Puts machine and disk into the state of a checkpoint.</summary>
    public void GoTo(Checkpoint checkpoint)
    {
        checkpoint.RestoreTo(Machine);
        Disk.Restore(checkpoint.Disk(Slot));
    }

    /// <summary>Goes on by some instructions, and writes some pages and some of the disk: new content, content of other pages, zeros, or what was there.</summary>
    public void GoOn(Random random, int writes)
    {
        Machine.Cpu.State.Retired += (ulong)random.Next(1, 1000);
        Machine.Cpu.State.R9 = (ulong)random.NextInt64();
        Machine.Output.Write((byte)random.Next(256));
        for (int i = 0; i < writes; i++)
        {
            byte[] content = random.Next(5) switch
            {
                0 => new byte[GuestMemory.PageBytes],
                1 or 2 => Machine.Memory.Page(random.Next(Pages)).ToArray(),
                _ => Noise(random),
            };
            Machine.Memory.Write(GuestMemory.AddressOf(random.Next(Pages)), content);
            if (WritesDisk && i % 4 == 0)
            {
                // Whole blocks and parts of them, across their edges.
                int length = random.Next(2) == 0 ? GuestMemory.PageBytes : random.Next(1, GuestMemory.PageBytes);
                Disk.Write(random.Next(2) == 0 ? random.Next(300) * GuestMemory.PageBytes : random.Next(DiskBytes - length), content.AsSpan(0, length));
            }
        }
    }

    /// <summary>Everything in RAM and on the disk.</summary>
    public byte[] Content()
    {
        byte[] content = new byte[(Pages * GuestMemory.PageBytes) + DiskBytes];
        Machine.Memory.Read(default, content.AsSpan(0, Pages * GuestMemory.PageBytes));
        Disk.Read(0, content.AsSpan(Pages * GuestMemory.PageBytes));
        return content;
    }

    public void Dispose()
    {
        Machine.Dispose();
        Disk.Dispose();
    }

    // Half noise and half text, as pages of a guest are: it can be compressed, but not to nothing.
    private static byte[] Noise(Random random)
    {
        byte[] content = new byte[GuestMemory.PageBytes];
        random.NextBytes(content.AsSpan(0, random.Next(1, GuestMemory.PageBytes)));
        return content;
    }
}
