namespace Guest.Machine.Board.Acpi;

/// <summary>Resource descriptors of the ACPI machine language (ACPI 6.4, 6.4).</summary>
internal static class AmlResources
{
    // General flags: the range's both ends are fixed.
    private const byte FixedEnds = 0x0C;
    private const byte MemoryRange = 0;
    private const byte PortRange = 1;
    private const byte BusRange = 2;
    private const byte EntireRange = 0x03;
    private const byte ReadWrite = 0x01;

    /// <summary><c>ResourceTemplate () { descriptors }</c>.</summary>
    internal static byte[] Template(params ReadOnlySpan<byte[]> descriptors) => Aml.Buffer([.. Aml.Join(descriptors), 0x79, 0x00]);

    /// <summary><c>IO (Decode16, first, first, 1, count)</c>.</summary>
    internal static byte[] Ports(ushort first, byte count) => [0x47, 0x01, .. Word(first), .. Word(first), 0x01, count];

    /// <summary><c>IRQNoFlags () { irq }</c>: an ISA interrupt, by edges and active high.</summary>
    internal static byte[] Interrupt(int irq) => [0x22, .. Word((ushort)(1 << irq))];

    /// <summary><c>WordBusNumber</c>: the buses a bridge has.</summary>
    internal static byte[] Buses(ushort first, ushort last) => WordRange(BusRange, 0, first, last);

    /// <summary><c>WordIO</c>: the ports a bridge passes on.</summary>
    internal static byte[] PortWindow(ushort first, ushort last) => WordRange(PortRange, EntireRange, first, last);

    /// <summary><c>DWordMemory</c>: the addresses a bridge passes on, not cached.</summary>
    internal static byte[] MemoryWindow(uint first, uint last) =>
        [0x87, 0x17, 0x00, MemoryRange, FixedEnds, ReadWrite, .. Dword(0), .. Dword(first), .. Dword(last), .. Dword(0), .. Dword(last - first + 1)];

    private static byte[] WordRange(byte type, byte flags, ushort first, ushort last) =>
        [0x88, 0x0D, 0x00, type, FixedEnds, flags, .. Word(0), .. Word(first), .. Word(last), .. Word(0), .. Word((ushort)(last - first + 1))];

    private static byte[] Word(ushort value) => [(byte)value, (byte)(value >> 8)];

    private static byte[] Dword(uint value) => [.. Word((ushort)value), .. Word((ushort)(value >> 16))];
}
