using System.Runtime.CompilerServices;
using Guest.Machine.Native;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>A growing list in memory that the garbage collector does not look at, and that is never copied: room for all is reserved, used is what is touched.</summary>
/// <param name="most">Elements that it will never exceed.</param>
internal sealed class NativeList<T>(int most) : IDisposable
    where T : unmanaged
{
    private readonly MappedRegion _memory = MappedRegion.Anonymous((nuint)most * (nuint)Unsafe.SizeOf<T>());

    /// <summary>Elements.</summary>
    internal int Count { get; private set; }

    /// <summary>An element.</summary>
    internal ref T this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)number, (uint)Count);
            return ref Raw.Ref<T>(_memory.Address + ((nint)number * Unsafe.SizeOf<T>()));
        }
    }

    /// <summary>Adds one.</summary>
    /// <returns>Its number.</returns>
    internal int Add(in T element)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Count, most);
        int number = Count++;
        this[number] = element;
        return number;
    }

    /// <summary>Removes all.</summary>
    internal void Clear() => Count = 0;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
