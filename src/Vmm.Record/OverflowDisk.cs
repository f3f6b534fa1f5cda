using Guest.Machine;
using Replay.Log;
using Replay.Log.Disks;

namespace Vmm.Record;

/// <summary>A disk of a guest that goes on where the recording's disk is full: what the overlay has no room for goes to a file without a name in the folder for temporary files.</summary>
/// <remarks>A replay needs no overlay, so nothing is lost but the disk's later content when the run ends.</remarks>
internal sealed class OverflowDisk : IDisk
{
    private readonly NewRecording _recording;
    private readonly Qcow2Overlay _overlay;
    private readonly ScratchDisk _scratch;
    private bool _isFull;

    /// <summary>Creates the disk, and the file, which nobody can open later.</summary>
    /// <param name="recording">Ends when the overlay is full.</param>
    /// <param name="overlay">What takes writes first; closed with this.</param>
    internal OverflowDisk(NewRecording recording, Qcow2Overlay overlay)
    {
        _recording = recording;
        _overlay = overlay;
        _scratch = new ScratchDisk(overlay);
    }

    /// <inheritdoc/>
    public long Bytes => _scratch.Bytes;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes) => _scratch.Read(offset, bytes);

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (!_isFull)
            {
                _overlay.Write(offset, bytes);
                return;
            }
        }
        catch (ReplayKitException full) when (_recording.Takes(full))
        {
            _isFull = true;
        }

        _scratch.Write(offset, bytes);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        try
        {
            if (!_isFull)
            {
                _overlay.Flush();
            }
        }
        catch (ReplayKitException full) when (_recording.Takes(full))
        {
            _isFull = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _scratch.Dispose();
        }
        catch (ReplayKitException full) when (_recording.Takes(full))
        {
            // The overlay lacks what the guest wrote last, as it lacks what went to the file.
            return;
        }
    }
}
