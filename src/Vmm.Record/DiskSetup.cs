using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices.Block;
using Replay.Log;
using Replay.Log.Disks;
using Replay.Log.Manifests;

namespace Vmm.Record;

/// <summary>A disk of a machine that is about to run: its image is open, so that its size is known.</summary>
public sealed class DiskSetup : IDisposable
{
    private readonly DiskChoice _choice;
    private readonly OpenedDisk _opened;

    private DiskSetup(DiskChoice choice, OpenedDisk opened)
    {
        _choice = choice;
        _opened = opened;
    }

    /// <summary>The device, once it has its slot.</summary>
    public BlockDescription? Device { get; private set; }

    private BlockDescription Described => Device ?? throw new InvalidOperationException("the disk has no slot");

    private string BeforeName => Described.Name + "-before";

    /// <summary>Opens the image of a disk.</summary>
    /// <exception cref="ReplayKitException">RK0700 to RK0703: it cannot be; RK0705: it cannot be written through.</exception>
    public static DiskSetup Open(DiskChoice choice)
    {
        OpenedDisk opened = OpenedDisk.Open(choice.Path, choice.Format);
        bool isWhole = opened.Files[0].Bytes % BlockDevice.SectorBytes == 0;
        if (choice.WriteThrough && (choice.Format != DiskFormat.Raw || !isWhole))
        {
            opened.Dispose();
            throw new ReplayKitException(705, ExitCode.WrongUsage, $"the disk image {choice.Path} cannot be written through: only raw images of whole sectors can, and only where format=raw says that it is one");
        }

        return new DiskSetup(choice, opened);
    }

    /// <summary>Describes the device.</summary>
    public BlockDescription Describe(int slot, string name) => Device = new BlockDescription
    {
        Slot = slot,
        Name = name,
        Bytes = (ulong)_opened.Image.Bytes,
        ReadOnly = _choice.ReadOnly,
        Serial = _choice.Serial ?? name,
    };

    /// <inheritdoc/>
    public void Dispose() => _opened.Dispose();

    /// <summary>What the manifest says of the disk.</summary>
    internal RecordedDisk Recorded() => new(
        Described.Slot,
        _opened.Files,
        _choice.ReadOnly || _choice.WriteThrough ? null : _choice.Overlay is { } file ? Path.GetFullPath(file) : NewRecording.OverlayName(Described.Name),
        _choice is { WriteThrough: true, ReadOnly: false } ? NewRecording.OverlayName(BeforeName) : null);

    /// <summary>The disk as the guest changes it; closing it closes the image.</summary>
    /// <param name="recording">Where overlays go that have no other place; null without a recording.</param>
    /// <param name="durable">Whether what a write overwrites must be safe before it is made.</param>
    /// <exception cref="ReplayKitException">RK0109, RK0110: an overlay cannot be created.</exception>
    internal IDiskImage OpenForGuest(NewRecording? recording, bool durable)
    {
        if (_choice.ReadOnly)
        {
            return _opened.Image;
        }

        if (_choice.WriteThrough)
        {
            return WriteThroughDisk.Open(_choice.Path, recording is null ? null : Overlay(recording.OverlayPath(BeforeName)), durable);
        }

        string? overlay = _choice.Overlay ?? recording?.OverlayPath(Described.Name);
        return overlay is null ? new ScratchDisk(_opened.Image)
            : recording is { EndsWhenFull: true } ? new OverflowDisk(recording, Overlay(overlay))
            : Overlay(overlay);
    }

    private Qcow2Overlay Overlay(string path) => Qcow2Overlay.Create(path, _opened.Image, _opened.Files[0].Path, _opened.Files[0].Format);
}
