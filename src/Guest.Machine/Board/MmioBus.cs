using Guest.Machine.Devices;
using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Board;

/// <summary>The physical addresses that are not memory: which device answers where.</summary>
/// <remarks>Addresses that no device claims read as all ones and ignore writes (docs/limits.md).</remarks>
public sealed class MmioBus
{
    private readonly List<MmioClaim> _claims = [];

    /// <summary>Gives a range to a device. Only while the board is put together.</summary>
    /// <exception cref="InvalidOperationException">Part of the range is taken already: the board is put together wrongly.</exception>
    public void Claim(IMmioDevice device, GuestPhysical start, ulong length)
    {
        foreach (MmioClaim claim in _claims)
        {
            if (start.Value < claim.Start + claim.Length && claim.Start < start.Value + length)
            {
                throw new InvalidOperationException($"address {start} is claimed twice");
            }
        }

        _claims.Add(new MmioClaim(device, start.Value, length));
    }

    /// <summary>Reads from a device.</summary>
    /// <param name="requester">The local APIC of the vCPU that reads: each vCPU sees its own at the same address.</param>
    /// <param name="address">The first byte.</param>
    /// <param name="size">Bytes: 1, 2, 4 or 8.</param>
    public ulong Read(LocalApic requester, GuestPhysical address, int size)
    {
        IMmioDevice? device = Find(requester, address, size, out ulong offset);
        return device is null ? ulong.MaxValue >> (64 - (8 * size)) : device.Read(offset, size);
    }

    /// <summary>Writes to a device.</summary>
    /// <param name="requester">The local APIC of the vCPU that writes.</param>
    /// <param name="address">The first byte.</param>
    /// <param name="size">Bytes: 1, 2, 4 or 8.</param>
    /// <param name="value">The value; bits above the size are ignored.</param>
    public void Write(LocalApic requester, GuestPhysical address, int size, ulong value)
    {
        IMmioDevice? device = Find(requester, address, size, out ulong offset);
        device?.Write(offset, size, value & (ulong.MaxValue >> (64 - (8 * size))));
    }

    private IMmioDevice? Find(LocalApic requester, GuestPhysical address, int size, out ulong offset)
    {
        if (requester.Covers(address))
        {
            offset = address.Value & (LocalApic.RangeSize - 1);
            return offset + (ulong)size <= LocalApic.RangeSize ? requester : null;
        }

        foreach (MmioClaim claim in _claims)
        {
            offset = unchecked(address.Value - claim.Start);
            if (offset < claim.Length && offset + (ulong)size <= claim.Length)
            {
                return claim.Device;
            }
        }

        offset = 0;
        return null;
    }

    private readonly record struct MmioClaim(IMmioDevice Device, ulong Start, ulong Length);
}
