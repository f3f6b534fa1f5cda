using Guest.Machine;

namespace Guest.Linux.Memory;

/// <summary>Memory of the stopped guest as one of its address spaces sees it: the kernel's, or a process's.</summary>
public interface IVirtualMemory
{
    /// <summary>Reads bytes as they are now.</summary>
    /// <returns>False where one of them cannot be read; the bytes are then undefined.</returns>
    bool TryRead(GuestVirtual address, Span<byte> bytes);
}
