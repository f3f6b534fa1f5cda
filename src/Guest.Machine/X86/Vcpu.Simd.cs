using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Guest.Machine.Native;
using Guest.Machine.X86.Decode;
using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>What vector and floating-point instructions need: their checks, and memory operands as host pointers.</content>
public sealed partial class Vcpu
{
    /// <summary>Room for one memory operand of a stub, on a 64-byte boundary of mapped memory.</summary>
    internal nint OperandRoom => (Raw.AddressOf(ref State.Scratch) + 63) & ~63;

    /// <summary>A 512-byte FXSAVE image for x87 stubs, on a 64-byte boundary of mapped memory.</summary>
    internal nint ImageRoom => OperandRoom + 128;

    /// <summary>Where the host finds a memory operand: in the guest's RAM, or copied to <see cref="OperandRoom"/>.</summary>
    /// <exception cref="GuestFaultException">What a load of that many bytes raises.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal nint Source(ulong address, int size) =>
        TrySpan(address, size, AccessKind.Read, out nint host) ? host : SourceSlow(address, size);

    /// <summary>Where the host may write a memory operand: in the guest's RAM, or <see cref="OperandRoom"/>, to be stored afterwards.</summary>
    /// <exception cref="GuestFaultException">What a store of that many bytes raises.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal nint Target(ulong address, int size)
    {
        if (TrySpan(address, size, AccessKind.Write, out nint host))
        {
            return host;
        }

        ProbeWrite(address, size);
        return OperandRoom;
    }

    /// <summary>Loads an element of a masked or gathered operand: as a load, without a check of alignment.</summary>
    internal T LoadElement<T>(ulong address)
        where T : unmanaged
    {
        if (TrySpan(address, Unsafe.SizeOf<T>(), AccessKind.Read, out nint host))
        {
            return Raw.Load<T>(host);
        }

        ulong value = LoadPart(address, Unsafe.SizeOf<T>());
        return Unsafe.As<ulong, T>(ref value);
    }

    /// <summary>Stores an element of a masked operand, which <see cref="ProbeElement"/> has found to be writable.</summary>
    internal void StoreElement<T>(ulong address, T value)
        where T : unmanaged
    {
        if (TrySpan(address, Unsafe.SizeOf<T>(), AccessKind.Write, out nint host))
        {
            Raw.Store(host, value);
            return;
        }

        ulong wide = 0;
        Unsafe.As<ulong, T>(ref wide) = value;
        StorePart(address, Unsafe.SizeOf<T>(), wide);
    }

    /// <summary>Raises what a store of that many bytes raises, except that it asks for no alignment, or another one.</summary>
    internal void ProbeElement(ulong address, int size, int aligned = 1)
    {
        CheckAlignment(address, aligned);
        _ = Translate(address, AccessKind.Write);
        if (((address ^ (address + (ulong)size - 1)) >> 12) != 0)
        {
            _ = Translate(NextPage(address), AccessKind.Write);
        }
    }

    /// <summary>Raises what an access to an area of x87 or vector state raises: its first element, then its last byte, as the host does.</summary>
    internal void ProbeArea(ulong address, int size, int element, AccessKind kind)
    {
        CheckAlignment(address, size);
        _ = Translate(address, kind);
        if (((address ^ (address + (ulong)element - 1)) >> 12) != 0)
        {
            _ = Translate(NextPage(address), kind);
        }

        ProbeLast(address, size, kind);
    }

    /// <summary>Raises what an access to an FXSAVE area raises: its last byte is looked at first, as the host does.</summary>
    internal void ProbeFxsaveArea(ulong address, AccessKind kind)
    {
        ProbeLast(address, XsaveLayout.LegacySize, kind);
        _ = Translate(address, kind);
    }

    private void ProbeLast(ulong address, int size, AccessKind kind)
    {
        ulong last = address + (ulong)size - 1;
        _ = Translate(InLongMode64 ? last : (uint)last, kind);
    }

    /// <summary>The linear address of an element of the memory operand, with the checks for that element alone.</summary>
    /// <param name="op">The instruction.</param>
    /// <param name="offset">What is added to base and displacement: part of the offset, which is cut to the address size.</param>
    /// <param name="place">The element's place in an operand that begins there; not cut.</param>
    /// <param name="size">Bytes of the element.</param>
    /// <param name="write">Whether it is stored to.</param>
    internal ulong ElementAddress(ref Op op, ulong offset, ulong place, int size, bool write)
    {
        ulong address = RegisterFile.Ref<ulong>(ref State, op.Base) + (RegisterFile.Ref<ulong>(ref State, op.Index) << op.Scale) + op.Disp + offset;
        return op.Form == AddressForm.Flat ? address + place : AddressSlow(ref op, address, size, write, place);
    }

    /// <summary>#XM, or #UD where the system has not said that it handles it (Intel SDM 3A 2.5, CR4.OSXMMEXCPT).</summary>
    [DoesNotReturn]
    internal void RaiseSimdException() => Raise((State.Cr4 & Cr4OsXmmExcpt) != 0 ? Vector.XM : Vector.UD);

    /// <summary>Checks of legacy SSE instructions: #UD by CR0.EM and CR4.OSFXSR, #NM by CR0.TS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CheckSse()
    {
        ref CpuState s = ref State;
        if (((s.Cr0 & (Cr0Em | Cr0Ts)) | (~s.Cr4 & Cr4OsFxsr)) != 0)
        {
            Raise((s.Cr0 & Cr0Em) != 0 || (s.Cr4 & Cr4OsFxsr) == 0 ? Vector.UD : Vector.NM);
        }
    }

    /// <summary>Checks of VEX instructions: #UD outside protected mode or without the system's consent, #NM by CR0.TS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CheckVex()
    {
        ref CpuState s = ref State;
        if (((~s.Cr0 & Cr0Pe) | (s.Cr0 & Cr0Ts) | (~s.Cr4 & Cr4OsXsave) | (~s.Xcr0 & 6) | (s.SystemFlags & Flags.VM)) != 0)
        {
            bool allowed = InProtectedMode && !InVirtual8086 && (s.Cr4 & Cr4OsXsave) != 0 && (s.Xcr0 & 6) == 6;
            Raise(allowed ? Vector.NM : Vector.UD);
        }
    }

    /// <summary>Checks of MMX instructions: #UD by CR0.EM, #NM by CR0.TS, #MF by a pending x87 exception.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CheckMmx()
    {
        ref CpuState s = ref State;
        if ((s.Cr0 & (Cr0Em | Cr0Ts)) != 0 || X87State.IsPending(ref s))
        {
            if ((s.Cr0 & (Cr0Em | Cr0Ts)) != 0)
            {
                Raise((s.Cr0 & Cr0Em) != 0 ? Vector.UD : Vector.NM);
            }

            RaiseX87Error();
        }
    }

    /// <summary>Checks of x87 instructions: #NM by CR0.EM and CR0.TS.</summary>
    internal void CheckX87Available()
    {
        if ((State.Cr0 & (Cr0Em | Cr0Ts)) != 0)
        {
            Raise(Vector.NM);
        }
    }

    /// <summary>Checks of waiting x87 instructions: also #MF by a pending exception.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CheckX87()
    {
        ref CpuState s = ref State;
        if ((s.Cr0 & (Cr0Em | Cr0Ts)) != 0 || X87State.IsPending(ref s))
        {
            CheckX87Available();
            RaiseX87Error();
        }
    }

    /// <summary>Reports a pending x87 exception to the guest (Intel SDM 1 8.7).</summary>
    /// <exception cref="ReplayKitException">CR0.NE is clear: the report through the interrupt controller is not there.</exception>
    [DoesNotReturn]
    internal void RaiseX87Error()
    {
        if ((State.Cr0 & Cr0Ne) == 0)
        {
            throw new ReplayKitException(421, ExitCode.HostCannot, $"the guest lets x87 errors be reported by IRQ 13 (CR0.NE = 0) at {Position}; only #MF is there");
        }

        Raise(Vector.MF);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint SourceSlow(ulong address, int size)
    {
        LoadBytesSlow(address, Raw.Span(OperandRoom, size));
        return OperandRoom;
    }
}
