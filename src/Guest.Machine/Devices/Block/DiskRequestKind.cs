namespace Guest.Machine.Devices.Block;

/// <summary>What a guest can ask of a disk.</summary>
public enum DiskRequestKind : byte
{
    /// <summary>To read sectors.</summary>
    Read = 0,

    /// <summary>To write sectors.</summary>
    Write = 1,

    /// <summary>That everything answered so far survives a power failure.</summary>
    Flush = 2,
}
