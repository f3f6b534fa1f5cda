namespace Replay.Log.Disks;

/// <summary>A disk that can be written too.</summary>
public interface IDisk : IDiskImage
{
    /// <summary>Writes.</summary>
    /// <param name="offset">Where; the range lies within the disk.</param>
    /// <param name="bytes">What.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">The disk is full (RK0109), or the file cannot be written (RK0110).</exception>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Comes back when everything written so far is on the storage itself.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">The host cannot do it (RK0110).</exception>
    void Flush();
}
