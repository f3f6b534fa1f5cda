using System.Numerics;
using Guest.Machine.Native;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>Which code belongs to a linear address: a direct-mapped table per access mode, which emitted code searches at indirect jumps.</summary>
/// <remarks>
/// An entry is the address xored with a key, then the code's own address. The key's upper 16 bits are the low ones of the fetch generation, so that a
/// switch of the address space makes every entry of another one miss; the tables are cleared when these 16 bits come round.
/// </remarks>
internal sealed class JumpCache(nint memory)
{
    /// <summary>Entries of a table.</summary>
    internal const int Entries = 4096;

    /// <summary>Bytes of a table.</summary>
    internal const int TableBytes = Entries * 16;

    /// <summary>What addresses are xored with in a fetch generation.</summary>
    internal static ulong Key(uint generation) => (ulong)generation << 48;

    /// <summary>The code of an address, or 0.</summary>
    internal nint Find(AccessMode mode, ulong address, ulong key)
    {
        nint entry = Entry(mode, address);
        return Raw.Load<ulong>(entry) == (address ^ key) ? Raw.Load<nint>(entry + 8) : 0;
    }

    /// <summary>Remembers the code of an address.</summary>
    internal void Add(AccessMode mode, ulong address, ulong key, nint code)
    {
        nint entry = Entry(mode, address);
        Raw.Store(entry, address ^ key);
        Raw.Store(entry + 8, code);
    }

    /// <summary>Forgets everything of a mode.</summary>
    internal void Clear(AccessMode mode)
    {
        // An empty entry holds an address that belongs to another one, so that no search finds it under any key.
        Span<(ulong Address, nint Code)> entries = Raw.Span<(ulong, nint)>(Table(mode), Entries);
        entries.Clear();
        entries[0].Address = 1;
    }

    private nint Table(AccessMode mode) => memory + ((int)mode * TableBytes);

    private nint Entry(AccessMode mode, ulong address)
    {
        uint low = (uint)address;
        return Table(mode) + (nint)(((BitOperations.RotateRight(low, 12) ^ low) & (Entries - 1)) * 16);
    }
}
