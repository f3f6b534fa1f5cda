using Guest.Machine.State;

namespace Guest.Machine.Devices.Reset;

/// <summary>Port 0x80, where firmware shows its progress and Linux writes to let a microsecond pass. It keeps the last byte.</summary>
public sealed class PostPort : IDevice, IPortDevice
{
    /// <summary>The port.</summary>
    public const ushort Port = 0x80;

    private byte _last;

    /// <inheritdoc/>
    public string Name => "post";

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => _last;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value) => _last = (byte)value;

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.WriteByte(_last);

    /// <inheritdoc/>
    public void Restore(StateReader reader) => _last = reader.ReadByte();
}
