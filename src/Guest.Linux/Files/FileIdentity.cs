namespace Guest.Linux.Files;

/// <summary>What tells a file of the guest from all others, now and at another time: two files are the same where all of this is.</summary>
/// <param name="Device">The kernel's number of its file system (<c>s_dev</c>: major &lt;&lt; 20 | minor).</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Generation">Goes up when the file system uses the number again.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedSeconds">When it was changed last, in seconds since 1970.</param>
/// <param name="ModifiedNanoseconds">And the nanoseconds.</param>
public readonly record struct FileIdentity(uint Device, ulong Inode, uint Generation, ulong Size, long ModifiedSeconds, uint ModifiedNanoseconds)
{
    /// <summary>The device's major number.</summary>
    public uint Major => Device >> 20;

    /// <summary>The device's minor number.</summary>
    public uint Minor => Device & 0xF_FFFF;
}
