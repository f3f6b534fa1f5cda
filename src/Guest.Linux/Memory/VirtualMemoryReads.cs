using System.Buffers.Binary;
using System.Text;
using Guest.Machine;

namespace Guest.Linux.Memory;

/// <summary>Typed reads of any <see cref="IVirtualMemory"/>.</summary>
public static class VirtualMemoryReads
{
    /// <summary>Reads a byte.</summary>
    public static bool TryRead(this IVirtualMemory memory, GuestVirtual address, out byte value)
    {
        Span<byte> bytes = stackalloc byte[1];
        bool read = memory.TryRead(address, bytes);
        value = bytes[0];
        return read;
    }

    /// <summary>Reads a 16-bit word.</summary>
    public static bool TryRead(this IVirtualMemory memory, GuestVirtual address, out ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        bool read = memory.TryRead(address, bytes);
        value = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        return read;
    }

    /// <summary>Reads a 32-bit word.</summary>
    public static bool TryRead(this IVirtualMemory memory, GuestVirtual address, out uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        bool read = memory.TryRead(address, bytes);
        value = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return read;
    }

    /// <summary>Reads a 64-bit word.</summary>
    public static bool TryRead(this IVirtualMemory memory, GuestVirtual address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bool read = memory.TryRead(address, bytes);
        value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return read;
    }

    /// <summary>Reads as many bytes as can be read, page by page.</summary>
    /// <returns>How many: less than asked for where the rest cannot be read.</returns>
    public static int ReadUpTo(this IVirtualMemory memory, GuestVirtual address, Span<byte> bytes)
    {
        int done = 0;
        while (done < bytes.Length)
        {
            ulong at = unchecked(address.Value + (ulong)done);
            int part = Math.Min(bytes.Length - done, 0x1000 - (int)(at & 0xFFF));
            if (!memory.TryRead(new GuestVirtual(at), bytes.Slice(done, part)))
            {
                break;
            }

            done += part;
        }

        return done;
    }

    /// <summary>Reads a text that ends with a zero byte. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="address">Its first byte.</param>
    /// <param name="limit">Most bytes to read; a longer text is cut there.</param>
    /// <returns>Null where it cannot be read.</returns>
    public static string? ReadText(this IVirtualMemory memory, GuestVirtual address, int limit)
    {
        byte[] bytes = new byte[limit];
        int read = memory.ReadUpTo(address, bytes);
        int end = bytes.AsSpan(0, read).IndexOf((byte)0);
        return end >= 0 || read == limit ? Encoding.UTF8.GetString(bytes, 0, end >= 0 ? end : limit) : null;
    }
}
