using System.Buffers.Binary;
using Guest.Machine.Memory;

namespace Guest.Linux.Memory;

/// <summary>The guest's RAM for reading by an address that may be anything: what is not RAM is answered, never thrown.</summary>
internal readonly struct PhysicalMemory
{
    private readonly GuestMemory _ram;
    private readonly ulong _lowSize;

    public PhysicalMemory(GuestMemory ram)
    {
        _ram = ram;
        _lowSize = Math.Min(ram.Size, GuestMemory.LowEnd);
    }

    /// <summary>The first address behind all RAM.</summary>
    public ulong End => _ram.Size <= GuestMemory.LowEnd ? _ram.Size : _ram.Size + (GuestMemory.HighStart - GuestMemory.LowEnd);

    /// <summary>The bytes from an address to the end of its page; none where it is not RAM.</summary>
    public ReadOnlySpan<byte> PageFrom(ulong address)
    {
        ulong offset = address < GuestMemory.LowEnd ? address : address - (GuestMemory.HighStart - GuestMemory.LowEnd);
        bool isRam = address < _lowSize || (address >= GuestMemory.HighStart && offset < _ram.Size);
        return isRam ? _ram.Page((int)(offset >> 12))[(int)(offset & 0xFFF)..] : default;
    }

    /// <summary>Reads bytes; false where one of them is not RAM.</summary>
    public bool TryRead(ulong address, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> page = PageFrom(address);
            if (page.IsEmpty)
            {
                return false;
            }

            int part = Math.Min(page.Length, bytes.Length);
            page[..part].CopyTo(bytes);
            bytes = bytes[part..];
            address = unchecked(address + (ulong)part);
        }

        return true;
    }

    /// <summary>Reads a quadword that does not cross a page.</summary>
    public bool TryRead(ulong address, out ulong value) => BinaryPrimitives.TryReadUInt64LittleEndian(PageFrom(address), out value);
}
