namespace Guest.Machine.Devices.Block;

/// <summary>One request of a guest to a disk, as it was when the guest notified the device. Its answer is an input.</summary>
public sealed class DiskRequest
{
    /// <summary>Creates a request.</summary>
    public DiskRequest(DiskRequestKind kind, ulong sector, int length, ReadOnlyMemory<byte> data)
    {
        Kind = kind;
        Sector = sector;
        Length = length;
        Data = data;
    }

    /// <summary>What is asked for.</summary>
    public DiskRequestKind Kind { get; }

    /// <summary>The first sector, of 512 bytes; within the disk.</summary>
    public ulong Sector { get; }

    /// <summary>Bytes, whole sectors within the disk; 0 for a flush.</summary>
    public int Length { get; }

    /// <summary>What is to be written: <see cref="Length"/> bytes; empty for other requests. Valid until the answer is applied.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Where the first byte is on the disk.</summary>
    public long Offset => (long)Sector * BlockDevice.SectorBytes;
}
