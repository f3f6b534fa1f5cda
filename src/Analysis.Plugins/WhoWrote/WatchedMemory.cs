using System.Globalization;
using Guest.Machine;
using Guest.Machine.X86;
using Replay.Engine.Observe;

namespace Analysis.Plugins.WhoWrote;

/// <summary>Memory that is watched: by its guest-physical address where that is known, else by its linear address in one process.</summary>
internal sealed class WatchedMemory
{
    private readonly string _address;
    private readonly bool _isNumber;
    private readonly ulong _size;
    private readonly bool _isProcess;
    private ulong _first;
    private ulong _from = ulong.MaxValue;

    /// <summary>Memory at an address.</summary>
    /// <param name="address">An address in hexadecimal, or a symbol of the kernel.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="isPhysical">Whether the address is a guest-physical one.</param>
    /// <param name="isProcess">Whether it is one of a process.</param>
    internal WatchedMemory(string address, int size, bool isPhysical, bool isProcess)
    {
        (_address, _size, _isProcess) = (address, (ulong)size, isProcess);
        string digits = address.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? address[2..] : address;
        _isNumber = ulong.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _first);
        if (!_isNumber && (isPhysical || isProcess))
        {
            throw new ArgumentException($"'{address}' is no address in hexadecimal");
        }

        _from = isPhysical || isProcess ? 0 : ulong.MaxValue;
    }

    /// <summary>Whether the address is known by now.</summary>
    internal bool IsFound => _from != ulong.MaxValue;

    /// <summary>Looks for the memory where the kernel has to say where it is.</summary>
    internal void Find(ObservedGuest guest, Vcpu vcpu)
    {
        if (IsFound || guest.Look(vcpu) is not { } kernel)
        {
            return;
        }

        GuestVirtual? place = _isNumber ? new GuestVirtual(_first) : kernel.Symbols.Find(_address)?.Address;
        if (place is { } there && kernel.Memory.TryTranslate(there, out GuestPhysical physical))
        {
            (_first, _from) = (physical.Value, guest.Machine.Position.Retired);
        }
    }

    /// <summary>Whether an access touches it.</summary>
    internal bool IsTouchedBy(in AccessEvent access)
    {
        ulong at = _isProcess ? access.Linear.Value : access.Physical.Value;
        return at < _first + _size && at + access.Size > _first && access.Order >= _from;
    }
}
