namespace Guest.Machine.Memory;

/// <summary>Sees every write to chosen pages of RAM, whoever makes it and through whatever mapping.</summary>
public interface IWriteObserver
{
    /// <summary>Bytes of a watched page are about to change.</summary>
    /// <param name="address">The first.</param>
    /// <param name="bytes">What is written.</param>
    /// <param name="isDevice">Whether a device writes and no vCPU.</param>
    void Writing(GuestPhysical address, ReadOnlySpan<byte> bytes, bool isDevice);
}
