using System.Runtime.CompilerServices;

namespace Guest.Machine.X86;

/// <summary>8-bit operands.</summary>
public readonly struct W8 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 8;

    /// <inheritdoc/>
    public static int Bytes => 1;

    /// <inheritdoc/>
    public static ulong Mask => byte.MaxValue;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend(ulong value) => (ulong)(sbyte)value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Get(ref CpuState s, byte offset) => RegisterFile.Ref<byte>(ref s, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(ref CpuState s, byte offset, ulong value) => RegisterFile.Ref<byte>(ref s, offset) = (byte)value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(Vcpu cpu, ulong address) => cpu.Load<byte>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadForWrite(Vcpu cpu, ulong address) => cpu.LoadForWrite<byte>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vcpu cpu, ulong address, ulong value) => cpu.Store(address, (byte)value);
}
