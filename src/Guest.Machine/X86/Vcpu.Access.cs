using System.Runtime.CompilerServices;
using Guest.Machine.Memory;
using Guest.Machine.Native;
using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86;

/// <content>Data accesses: the fast path through the TLB, and what happens where it does not suffice.</content>
public sealed partial class Vcpu
{
    /// <summary>Loads 1, 2, 4 or 8 bytes from a linear address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Load<T>(ulong address)
        where T : unmanaged
    {
        nint entry = Entry(address);
        ulong offset = address ^ Raw.Load<ulong>(entry);
        if (offset <= 0x1000 - (ulong)Unsafe.SizeOf<T>())
        {
            // Safe: the tag says that the page is mapped there and the comparison that the access ends inside it.
            return Raw.Load<T>(Raw.Load<nint>(entry + TlbEntry.Host) + (nint)offset);
        }

        ulong value = LoadSlow(address, Unsafe.SizeOf<T>());
        return Unsafe.As<ulong, T>(ref value);
    }

    /// <summary>Loads from an address that will be stored to next: raises what the store would raise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T LoadForWrite<T>(ulong address)
        where T : unmanaged
    {
        nint entry = Entry(address);
        ulong offset = address ^ Raw.Load<ulong>(entry + TlbEntry.Write);
        if (offset <= 0x1000 - (ulong)Unsafe.SizeOf<T>())
        {
            return Raw.Load<T>(Raw.Load<nint>(entry + TlbEntry.Host) + (nint)offset);
        }

        ProbeWrite(address, Unsafe.SizeOf<T>());
        ulong value = LoadSlow(address, Unsafe.SizeOf<T>());
        return Unsafe.As<ulong, T>(ref value);
    }

    /// <summary>Stores 1, 2, 4 or 8 bytes to a linear address; nothing is stored where any byte faults.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<T>(ulong address, T value)
        where T : unmanaged
    {
        nint entry = Entry(address);
        ulong offset = address ^ Raw.Load<ulong>(entry + TlbEntry.Write);
        if (offset <= 0x1000 - (ulong)Unsafe.SizeOf<T>())
        {
            Raw.Store(Raw.Load<nint>(entry + TlbEntry.Host) + (nint)offset, value);
            return;
        }

        ulong wide = 0;
        Unsafe.As<ulong, T>(ref wide) = value;
        StoreSlow(address, Unsafe.SizeOf<T>(), wide);
    }

    /// <summary>Loads a block of any size up to a page (vectors, FXSAVE areas).</summary>
    public void LoadBytes(ulong address, Span<byte> bytes)
    {
        if (!TrySpan(address, bytes.Length, AccessKind.Read, out nint host))
        {
            LoadBytesSlow(address, bytes);
            return;
        }

        Raw.Span(host, bytes.Length).CopyTo(bytes);
    }

    /// <summary>Stores such a block; nothing is stored where any byte faults.</summary>
    public void StoreBytes(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (!TrySpan(address, bytes.Length, AccessKind.Write, out nint host))
        {
            StoreBytesSlow(address, bytes);
            return;
        }

        bytes.CopyTo(Raw.Span(host, bytes.Length));
    }

    /// <summary>Raises what a store of that many bytes would raise, and stores nothing.</summary>
    public void ProbeWrite(ulong address, int size)
    {
        Probe(address, size, AccessKind.Write);
    }

    /// <summary>Raises what a load of that many bytes would raise.</summary>
    public void ProbeRead(ulong address, int size)
    {
        Probe(address, size, AccessKind.Read);
    }

    /// <summary>The linear address of an instruction's memory operand; outside 64-bit mode limit and rights are checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Address(ref Op op)
    {
        ref CpuState s = ref State;
        ulong address = RegisterFile.Ref<ulong>(ref s, op.Base) + (RegisterFile.Ref<ulong>(ref s, op.Index) << op.Scale) + op.Disp;
        return op.Form == AddressForm.Flat ? address : AddressSlow(ref op, address, op.MemorySize, op.Writes);
    }

    /// <summary>The effective address alone, without segment and without checks (LEA).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong EffectiveAddress(ref Op op)
    {
        ref CpuState s = ref State;
        ulong address = RegisterFile.Ref<ulong>(ref s, op.Base) + (RegisterFile.Ref<ulong>(ref s, op.Index) << op.Scale) + op.Disp;
        return op.Form == AddressForm.Flat ? address : Cut(address, op.Form);
    }

    /// <summary>The linear address of an offset in a segment for an access of a size.</summary>
    /// <exception cref="GuestFaultException">#GP or #SS outside 64-bit mode, where the limit or the rights do not allow it.</exception>
    public ulong Linear(SegmentName segment, ulong offset, int size, bool write)
    {
        ref Segment register = ref State.Segments[(int)segment];
        if (InLongMode64)
        {
            return segment >= SegmentName.Fs ? offset + register.Base : offset;
        }

        CheckSegment(segment, ref register, offset, size, write);
        return (register.Base + offset) & uint.MaxValue;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint Entry(ulong address)
    {
        ref CpuState s = ref State;
        return s.Tlb + (nint)((address >> 9) & s.TlbMask);
    }

    private static ulong Cut(ulong address, AddressForm form) =>
        (form & AddressForm.Cut32) != 0 ? (uint)address : (form & AddressForm.Cut16) != 0 ? (ushort)address : address;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong AddressSlow(ref Op op, ulong address, int size, bool write, ulong place = 0)
    {
        address = Cut(address, op.Form) + place;
        if ((op.Form & AddressForm.Segmented) != 0)
        {
            return Linear((SegmentName)op.Segment, address, Math.Max(size, 1), write);
        }

        return (op.Form & AddressForm.Based) != 0 ? address + State.Segments[op.Segment].Base : address;
    }

    private bool TrySpan(ulong address, int size, AccessKind kind, out nint host)
    {
        nint entry = Entry(address);
        ulong offset = address ^ Raw.Load<ulong>(entry + (kind == AccessKind.Write ? TlbEntry.Write : 0));
        host = Raw.Load<nint>(entry + TlbEntry.Host) + (nint)offset;
        return offset <= 0x1000 - (ulong)size;
    }

    private void Probe(ulong address, int size, AccessKind kind)
    {
        CheckAlignment(address, size);
        CheckEnd(address, size);
        _ = Translate(address, kind);
        if (((address ^ (address + (ulong)size - 1)) >> 12) != 0)
        {
            _ = Translate(NextPage(address), kind);
        }
    }

    // An access that runs out of the canonical range faults as one, before any page is looked at.
    private void CheckEnd(ulong address, int size)
    {
        if (InLongMode64 && !IsCanonical(address + (ulong)size - 1))
        {
            RaiseNotCanonical(address);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong LoadSlow(ulong address, int size)
    {
        CheckAlignment(address, size);
        return LoadPart(address, size);
    }

    private ulong LoadPart(ulong address, int size)
    {
        CheckEnd(address, size);
        ulong value = 0;
        int first = FirstPart(address, size);
        ulong physical = Translate(address, AccessKind.Read);
        if (first < size)
        {
            ulong second = Translate(NextPage(address), AccessKind.Read);
            ulong low = ReadPhysical(physical, first);
            ulong high = ReadPhysical(second, size - first);
            value = low | (high << (8 * first));
            Watch(address, physical, first, false, low);
            Watch(NextPage(address), second, size - first, false, high);
        }
        else
        {
            value = ReadPhysical(physical, size);
            Watch(address, physical, size, false, value);
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StoreSlow(ulong address, int size, ulong value)
    {
        CheckAlignment(address, size);
        StorePart(address, size, value);
    }

    private void StorePart(ulong address, int size, ulong value)
    {
        CheckEnd(address, size);
        int first = FirstPart(address, size);
        ulong physical = Translate(address, AccessKind.Write);
        if (first < size)
        {
            ulong second = Translate(NextPage(address), AccessKind.Write);
            WritePhysical(physical, first, value);
            WritePhysical(second, size - first, value >> (8 * first));
            Watch(address, physical, first, true, value);
            Watch(NextPage(address), second, size - first, true, value >> (8 * first));
        }
        else
        {
            WritePhysical(physical, size, value);
            AllowWrite(address, physical);
            Watch(address, physical, size, true, value);
        }
    }

    private void LoadBytesSlow(ulong address, Span<byte> bytes)
    {
        ProbeRead(address, bytes.Length);
        for (int at = 0; at < bytes.Length;)
        {
            int size = PartSize(address + (ulong)at, bytes.Length - at);
            ulong value = LoadPart(address + (ulong)at, size);
            for (int i = 0; i < size; i++)
            {
                bytes[at + i] = (byte)(value >> (8 * i));
            }

            at += size;
        }
    }

    private void StoreBytesSlow(ulong address, ReadOnlySpan<byte> bytes)
    {
        ProbeWrite(address, bytes.Length);
        for (int at = 0; at < bytes.Length;)
        {
            int size = PartSize(address + (ulong)at, bytes.Length - at);
            ulong value = 0;
            for (int i = 0; i < size; i++)
            {
                value |= (ulong)bytes[at + i] << (8 * i);
            }

            StorePart(address + (ulong)at, size, value);
            at += size;
        }
    }

    private static int PartSize(ulong address, int left)
    {
        int inPage = 0x1000 - (int)(address & 0xFFF);
        int part = Math.Min(Math.Min(left, 8), inPage);
        return part >= 8 ? 8 : part >= 4 ? 4 : part >= 2 ? 2 : 1;
    }

    private static int FirstPart(ulong address, int size) => Math.Min(size, 0x1000 - (int)(address & 0xFFF));

    // Outside 64-bit mode linear addresses are 32 bits wide and wrap.
    private ulong NextPage(ulong address)
    {
        ulong next = (address | 0xFFF) + 1;
        return InLongMode64 ? next : (uint)next;
    }

    private ulong ReadPhysical(ulong physical, int size)
    {
        if (Memory.TryHost(physical, out nint host))
        {
            return size switch
            {
                1 => Raw.Load<byte>(host),
                2 => Raw.Load<ushort>(host),
                4 => Raw.Load<uint>(host),
                8 => Raw.Load<ulong>(host),
                _ => ReadOdd(host, size),
            };
        }

        return Bus.ReadDevice(new GuestPhysical(physical), size) & (size == 8 ? ulong.MaxValue : (1UL << (8 * size)) - 1);
    }

    private void WritePhysical(ulong physical, int size, ulong value)
    {
        if (!Memory.TryHost(physical, out nint host))
        {
            Bus.WriteDevice(new GuestPhysical(physical), size, size == 8 ? value : value & ((1UL << (8 * size)) - 1));
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        if (_steps is not null)
        {
            StoreAlone(Memory.PageOf(host), (int)(host & 0xFFF), bytes[..size]);
        }
        else
        {
            Memory.BeforeWrite(Memory.PageOf(host), (int)(host & 0xFFF), bytes[..size]);
        }

        switch (size)
        {
            case 1: Raw.Store(host, (byte)value); break;
            case 2: Raw.Store(host, (ushort)value); break;
            case 4: Raw.Store(host, (uint)value); break;
            case 8: Raw.Store(host, value); break;
            default: bytes[..size].CopyTo(Raw.Span(host, size)); break;
        }
    }

    private static ulong ReadOdd(nint host, int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            value |= (ulong)Raw.Load<byte>(host + i) << (8 * i);
        }

        return value;
    }

    // After a slow store the page may have become one that can be written without ceremony.
    private void AllowWrite(ulong address, ulong physical)
    {
        if (Memory.TryHost(physical & ~0xFFFUL, out nint host) && MayWrite(Memory.PageOf(host)))
        {
            _tlb.AllowWrite(State.Mode, address & ~0xFFFUL, SpaceOf(address).Id);
        }
    }

    private void Watch(ulong address, ulong physical, int size, bool write, ulong value)
    {
        if (_dataBreakpoints)
        {
            NoteDataBreakpoint(address, size, write);
        }

        Observer?.Accessed(address, physical, size, write, value);
        _watcher?.Accessed(address, physical, size, write, value);
    }
}
