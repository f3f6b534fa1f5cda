using System.Runtime.CompilerServices;

namespace Guest.Machine.X86;

/// <summary>16-bit operands.</summary>
public readonly struct W16 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 16;

    /// <inheritdoc/>
    public static int Bytes => 2;

    /// <inheritdoc/>
    public static ulong Mask => ushort.MaxValue;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend(ulong value) => (ulong)(short)value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Get(ref CpuState s, byte offset) => RegisterFile.Ref<ushort>(ref s, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(ref CpuState s, byte offset, ulong value) => RegisterFile.Ref<ushort>(ref s, offset) = (ushort)value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(Vcpu cpu, ulong address) => cpu.Load<ushort>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadForWrite(Vcpu cpu, ulong address) => cpu.LoadForWrite<ushort>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vcpu cpu, ulong address, ulong value) => cpu.Store(address, (ushort)value);
}
