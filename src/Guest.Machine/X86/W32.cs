using System.Runtime.CompilerServices;

namespace Guest.Machine.X86;

/// <summary>32-bit operands.</summary>
public readonly struct W32 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 32;

    /// <inheritdoc/>
    public static int Bytes => 4;

    /// <inheritdoc/>
    public static ulong Mask => uint.MaxValue;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend(ulong value) => (ulong)(int)value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Get(ref CpuState s, byte offset) => RegisterFile.Ref<uint>(ref s, offset);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(ref CpuState s, byte offset, ulong value) => RegisterFile.Ref<ulong>(ref s, offset) = (uint)value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(Vcpu cpu, ulong address) => cpu.Load<uint>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadForWrite(Vcpu cpu, ulong address) => cpu.LoadForWrite<uint>(address);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vcpu cpu, ulong address, ulong value) => cpu.Store(address, (uint)value);
}
