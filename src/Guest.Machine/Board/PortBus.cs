using Guest.Machine.Devices;

namespace Guest.Machine.Board;

/// <summary>The I/O port space: which device answers at which port.</summary>
/// <remarks>Ports that no device claims read as all ones and ignore writes (docs/limits.md).</remarks>
public sealed class PortBus
{
    private readonly byte[] _claimOfPort = new byte[0x10000];
    private readonly List<PortClaim> _claims = [default];

    /// <summary>Gives ports to a device. Only while the board is put together.</summary>
    /// <param name="device">The device.</param>
    /// <param name="first">The first port.</param>
    /// <param name="count">How many ports.</param>
    /// <param name="sizes">The widths the device takes in one piece; a piece may reach beyond the ports claimed only where it is wider than all of them.</param>
    /// <exception cref="InvalidOperationException">A port is taken already: the board is put together wrongly.</exception>
    public void Claim(IPortDevice device, ushort first, int count, PortSizes sizes = PortSizes.Byte)
    {
        int widest = sizes.HasFlag(PortSizes.Dword) ? 4 : sizes.HasFlag(PortSizes.Word) ? 2 : 1;
        _claims.Add(new PortClaim(device, first + Math.Max(count, widest), sizes));
        for (int port = first; port < first + count; port++)
        {
            if (_claimOfPort[port] != 0)
            {
                throw new InvalidOperationException($"port 0x{port:x} is claimed twice");
            }

            _claimOfPort[port] = checked((byte)(_claims.Count - 1));
        }
    }

    /// <summary>Reads from a port.</summary>
    /// <param name="port">The port of the lowest byte.</param>
    /// <param name="size">Bytes: 1, 2 or 4.</param>
    public uint Read(ushort port, int size)
    {
        if (WholeAccess(port, size) is { } device)
        {
            return device.ReadPort(port, size);
        }

        uint value = 0;
        for (int i = 0; i < size; i++)
        {
            // The last port's neighbour is the first one: the address lines wrap.
            ushort each = unchecked((ushort)(port + i));
            uint part = WholeAccess(each, 1) is { } owner ? owner.ReadPort(each, 1) & 0xFF : 0xFF;
            value |= part << (8 * i);
        }

        return value;
    }

    /// <summary>Writes to a port.</summary>
    /// <param name="port">The port of the lowest byte.</param>
    /// <param name="size">Bytes: 1, 2 or 4.</param>
    /// <param name="value">The value; bits above the size are ignored.</param>
    public void Write(ushort port, int size, uint value)
    {
        if (WholeAccess(port, size) is { } device)
        {
            device.WritePort(port, size, size == 4 ? value : value & ((1u << (8 * size)) - 1));
            return;
        }

        for (int i = 0; i < size; i++)
        {
            ushort each = unchecked((ushort)(port + i));
            WholeAccess(each, 1)?.WritePort(each, 1, (value >> (8 * i)) & 0xFF);
        }
    }

    private IPortDevice? WholeAccess(ushort port, int size)
    {
        PortClaim claim = _claims[_claimOfPort[port]];
        return ((int)claim.Sizes & size) != 0 && port + size <= claim.End ? claim.Device : null;
    }

    private readonly record struct PortClaim(IPortDevice? Device, int End, PortSizes Sizes);
}
