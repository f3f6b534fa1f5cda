using System.Buffers.Binary;
using System.Text;

namespace Guest.Machine.Board.Acpi;

/// <summary>An ACPI table being written: the common header, then fields at their offsets (ACPI 6.4, 5.2.6).</summary>
internal sealed class AcpiTable
{
    /// <summary>Bytes of the common header.</summary>
    internal const int HeaderSize = 36;

    private const int LengthOffset = 4;
    private const int ChecksumOffset = 9;

    private readonly List<byte> _bytes = [];

    internal AcpiTable(string signature, byte revision)
    {
        Ascii(signature, 4);
        Dword(0);
        _bytes.Add(revision);
        _bytes.Add(0);
        Ascii("REPLAY", 6);
        Ascii("REPLAYKT", 8);
        Dword(1);
        Ascii("RPLK", 4);
        Dword(1);
    }

    internal void Byte(byte value) => _bytes.Add(value);

    internal void Word(ushort value) => Bytes([(byte)value, (byte)(value >> 8)]);

    internal void Dword(uint value)
    {
        Word((ushort)value);
        Word((ushort)(value >> 16));
    }

    internal void Qword(ulong value)
    {
        Dword((uint)value);
        Dword((uint)(value >> 32));
    }

    internal void Bytes(ReadOnlySpan<byte> value) => _bytes.AddRange(value);

    internal void Zero(int count) => Bytes(new byte[count]);

    /// <summary>A Generic Address Structure for I/O ports (ACPI 6.4, 5.2.3.2).</summary>
    /// <param name="port">The first port.</param>
    /// <param name="size">Bytes of the register block.</param>
    /// <param name="access">Access width: 1 byte, 2 word, 3 double word.</param>
    internal void PortRegister(ushort port, int size, byte access)
    {
        Bytes([0x01, (byte)(size * 8), 0x00, access]);
        Qword(port);
    }

    /// <summary>The table with its length and checksum.</summary>
    internal byte[] Finish()
    {
        byte[] table = [.. _bytes];
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(LengthOffset), table.Length);
        table[ChecksumOffset] = ChecksumOf(table);
        return table;
    }

    /// <summary>The byte that makes the sum of all bytes zero.</summary>
    internal static byte ChecksumOf(ReadOnlySpan<byte> table)
    {
        byte sum = 0;
        foreach (byte value in table)
        {
            sum += value;
        }

        return (byte)-sum;
    }

    private void Ascii(string text, int length) => Bytes(Encoding.ASCII.GetBytes(text.PadRight(length)));
}
