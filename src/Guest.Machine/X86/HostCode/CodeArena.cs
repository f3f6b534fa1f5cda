using Guest.Machine.Native;

namespace Guest.Machine.X86.HostCode;

/// <summary>Executable host memory for emitted code that lives as long as the process; it only grows.</summary>
internal sealed class CodeArena
{
    /// <summary>Bytes of the arena; every stub that any guest can ask for fits in it (about 80,000 of some 100 bytes).</summary>
    internal const int Capacity = 32 << 20;

    private readonly MappedRegion _memory = MappedRegion.Anonymous(Capacity, executable: true);
    private int _used;

    /// <summary>Its first byte.</summary>
    internal nint Start => _memory.Address;

    /// <summary>Where the next code will stand.</summary>
    internal nint Next => _memory.Address + _used;

    /// <summary>Appends code that was made for <see cref="Next"/>.</summary>
    /// <returns>Where it stands.</returns>
    internal nint Add(ReadOnlySpan<byte> code)
    {
        if (code.Length > Capacity - 64 - _used)
        {
            throw new InvalidOperationException("more stubs than there are instructions");
        }

        nint address = Next;
        code.CopyTo(Raw.Span(address, code.Length));
        _used = (_used + code.Length + 15) & ~15;
        return address;
    }
}
