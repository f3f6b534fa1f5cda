using Guest.Machine;

namespace Guest.Linux.Files;

/// <summary>A file that something in the guest has opened or mapped.</summary>
public sealed class GuestFile
{
    private readonly PageCache _pages;

    internal GuestFile(PageCache pages, FileIdentity identity, string path, ulong mapping, ulong size)
    {
        _pages = pages;
        Identity = identity;
        Path = path;
        Mapping = mapping;
        Size = size;
    }

    /// <summary>What tells it from all other files of the guest.</summary>
    public FileIdentity Identity { get; }

    /// <summary>Its path in its mount namespace, as <c>/proc/PID/maps</c> writes it: with <c> (deleted)</c> where it has been removed; <c>pipe:[N]</c> and the like for what has no path.</summary>
    public string Path { get; }

    /// <summary>Its bytes, as the guest's kernel says.</summary>
    public ulong Size { get; }

    /// <summary>The kernel's <c>address_space</c> that holds its pages.</summary>
    internal ulong Mapping { get; }

    /// <summary>Reads bytes of it that are in the guest's memory.</summary>
    /// <param name="offset">Bytes from its beginning.</param>
    /// <param name="bytes">Where they go. What lies behind the end of the file is zero up to the end of its last page.</param>
    /// <returns>False where a page of it is not in memory.</returns>
    public bool TryRead(ulong offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, 0x1000 - (int)(offset & 0xFFF));
            if (!TryReadInPage(offset, bytes[..part]))
            {
                return false;
            }

            bytes = bytes[part..];
            offset = unchecked(offset + (ulong)part);
        }

        return true;
    }

    internal bool TryReadInPage(ulong offset, Span<byte> bytes) => _pages.TryFind(Mapping, offset >> 12, out ulong page) && _pages.TryRead(page + (offset & 0xFFF), bytes);
}
