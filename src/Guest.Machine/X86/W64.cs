using System.Runtime.CompilerServices;

namespace Guest.Machine.X86;

/// <summary>64-bit operands.</summary>
public readonly struct W64 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 64;

    /// <inheritdoc/>
    public static int Bytes => 8;

    /// <inheritdoc/>
    public static ulong Mask => ulong.MaxValue;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend(ulong value) => value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Get(ref CpuState s, byte offset) => RegisterFile.Ref<ulong>(ref s, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(ref CpuState s, byte offset, ulong value) => RegisterFile.Ref<ulong>(ref s, offset) = value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(Vcpu cpu, ulong address) => cpu.Load<ulong>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadForWrite(Vcpu cpu, ulong address) => cpu.LoadForWrite<ulong>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vcpu cpu, ulong address, ulong value) => cpu.Store(address, value);
}
