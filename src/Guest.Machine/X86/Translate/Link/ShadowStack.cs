using Guest.Machine.Native;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>A stack of pairs: a return address of the guest, and the host code that goes on there. Emitted code has it in RSP.</summary>
/// <remarks>
/// It is a guess, checked at each return; so it may be emptied at any time. A budget bounds how deep emitted code gets before it comes back; below that
/// there is room for the host's signal handlers, which run on it.
/// </remarks>
internal sealed class ShadowStack : IDisposable
{
    private const int Bytes = 2 << 20;
    private const int Deep = 1 << 18;
    private readonly MappedRegion _memory = MappedRegion.Anonymous(Bytes);

    /// <param name="emptyReturn">Where a return goes on that finds its target at the empty stack's bottom.</param>
    internal ShadowStack(nint emptyReturn)
    {
        Bottom = _memory.Address + Bytes - 64;

        // An address that no system has code at; one that returns there all the same finds its way, too.
        Raw.Store(Bottom, emptyReturn);
        Raw.Store(Bottom + 8, 0x0000_7FFF_FFFF_FFFDUL);
        Pointer = Bottom;
    }

    /// <summary>RSP of the empty stack.</summary>
    internal nint Bottom { get; }

    /// <summary>RSP.</summary>
    internal nint Pointer { get; private set; }

    /// <summary>Empties it.</summary>
    internal void Reset() => Pointer = Bottom;

    /// <summary>Takes over RSP; a stack that has become deep starts over.</summary>
    internal void Keep(nint pointer) => Pointer = Bottom - pointer > Deep ? Bottom : pointer;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
