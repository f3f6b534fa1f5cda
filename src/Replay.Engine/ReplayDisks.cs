using System.Buffers;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices.Block;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Replay.Log.Records;

namespace Replay.Engine;

/// <summary>The disks of a replay: the recording's images, and the writes that the guest makes again.</summary>
internal sealed class ReplayDisks : IDisposable
{
    private readonly Dictionary<int, ScratchDisk> _disks = [];
    private readonly Dictionary<int, string> _paths = [];

    /// <summary>Opens the disks as they were when the recording began.</summary>
    /// <exception cref="ReplayKitException">RK0700 to RK0704: an image is missing, damaged, or another one.</exception>
    internal ReplayDisks(RecordingFolder recording)
    {
        try
        {
            foreach (RecordedDisk disk in recording.Manifest.Disks)
            {
                _disks.Add(disk.Slot, new ScratchDisk(disk.Open(recording.Path)));
                _paths.Add(disk.Slot, disk.Files[0].Path);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Makes a request again and gives its answer to the machine.</summary>
    /// <returns>False where the machine has no such request.</returns>
    /// <exception cref="ReplayKitException">RK0706: the image holds something else than what the guest read.</exception>
    internal bool Answer(VirtualMachine machine, DiskAnswer answer)
    {
        if (machine.Board.Virtio<BlockDevice>(answer.Slot) is not { } device || answer.Index >= device.PendingCount)
        {
            return false;
        }

        DiskRequest request = device.Pending(answer.Index);
        if (answer.Status != DiskStatus.Done)
        {
            return machine.ApplyDisk(answer.Slot, answer.Index, answer.Status, []);
        }

        if (request.Kind == DiskRequestKind.Read)
        {
            return Read(machine, answer, request);
        }

        if (request.Kind == DiskRequestKind.Write)
        {
            _disks[answer.Slot].Write(request.Offset, request.Data.Span);
        }

        return machine.ApplyDisk(answer.Slot, answer.Index, answer.Status, []);
    }

    /// <summary>[slot] the disks that the machine writes.</summary>
    internal IReadOnlyDictionary<int, ICheckpointDisk> Written(MachineDescription machine) => machine.Pci.OfType<BlockDescription>()
        .Where(disk => !disk.ReadOnly).ToDictionary(disk => disk.Slot, disk => (ICheckpointDisk)_disks[disk.Slot]);

    /// <summary>Goes to a checkpoint, or back to where the recording begins.</summary>
    /// <param name="checkpoint">The checkpoint; null for the beginning.</param>
    internal void GoTo(Checkpoint? checkpoint)
    {
        foreach ((int slot, ScratchDisk disk) in _disks)
        {
            disk.Restore(checkpoint?.Disk(slot));
        }
    }

    /// <summary>Writes the blocks of each image that were read so far into a file.</summary>
    /// <param name="folder">Where the files go.</param>
    /// <returns>[slot] the files.</returns>
    internal Dictionary<int, string> SaveBlocksRead(string folder)
    {
        Dictionary<int, string> files = [];
        foreach ((int slot, ScratchDisk disk) in _disks)
        {
            files.Add(slot, Path.Combine(folder, Path.GetFileName(BlockSet.NameOf(slot))));
            BlockSet.Write(files[slot], disk.Image, [.. disk.BlocksReadFromImage]);
        }

        return files;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ScratchDisk disk in _disks.Values)
        {
            disk.Dispose();
        }
    }

    private bool Read(VirtualMachine machine, DiskAnswer answer, DiskRequest request)
    {
        byte[] data = ArrayPool<byte>.Shared.Rent(request.Length);
        Span<byte> bytes = data.AsSpan(0, request.Length);
        _disks[answer.Slot].Read(request.Offset, bytes);
        if (Hash128.OfSha256(bytes) != answer.Hash)
        {
            ulong last = request.Sector + (ulong)(request.Length / BlockDevice.SectorBytes) - 1;
            throw new ReplayKitException(706, ExitCode.BadInput, $"the disk image {_paths[answer.Slot]} holds something else in sectors {request.Sector} to {last} than what the guest read at {machine.Position} when it was recorded");
        }

        bool taken = machine.ApplyDisk(answer.Slot, answer.Index, answer.Status, bytes);
        ArrayPool<byte>.Shared.Return(data);
        return taken;
    }
}
