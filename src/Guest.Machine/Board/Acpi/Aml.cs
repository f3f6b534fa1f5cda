using System.Buffers.Binary;
using System.Text;

namespace Guest.Machine.Board.Acpi;

/// <summary>Terms of the ACPI machine language, as bytes (ACPI 6.4, chapter 20).</summary>
internal static class Aml
{
    private const byte ZeroOp = 0x00;
    private const byte OneOp = 0x01;
    private const byte NameOp = 0x08;
    private const byte BytePrefix = 0x0A;
    private const byte WordPrefix = 0x0B;
    private const byte DwordPrefix = 0x0C;
    private const byte StringPrefix = 0x0D;
    private const byte ScopeOp = 0x10;
    private const byte BufferOp = 0x11;
    private const byte PackageOp = 0x12;
    private const byte ExtendedPrefix = 0x5B;
    private const byte DeviceOp = 0x82;

    /// <summary>Terms one after the other.</summary>
    internal static byte[] Join(params ReadOnlySpan<byte[]> terms)
    {
        var all = new List<byte>();
        foreach (byte[] term in terms)
        {
            all.AddRange(term);
        }

        return [.. all];
    }

    /// <summary><c>Name (path, value)</c>.</summary>
    internal static byte[] Name(string path, byte[] value) => [NameOp, .. Path(path), .. value];

    /// <summary><c>Scope (path) { terms }</c>.</summary>
    internal static byte[] Scope(string path, params ReadOnlySpan<byte[]> terms) => [ScopeOp, .. Packaged([.. Path(path), .. Join(terms)])];

    /// <summary><c>Device (name) { terms }</c>.</summary>
    internal static byte[] Device(string name, params ReadOnlySpan<byte[]> terms) =>
        [ExtendedPrefix, DeviceOp, .. Packaged([.. Path(name), .. Join(terms)])];

    /// <summary><c>Package { elements }</c>, at most 255.</summary>
    internal static byte[] Package(params ReadOnlySpan<byte[]> elements) =>
        [PackageOp, .. Packaged([checked((byte)elements.Length), .. Join(elements)])];

    /// <summary><c>Buffer { bytes }</c>.</summary>
    internal static byte[] Buffer(byte[] bytes) => [BufferOp, .. Packaged([.. Integer((uint)bytes.Length), .. bytes])];

    /// <summary>An integer in its shortest form.</summary>
    internal static byte[] Integer(uint value) => value switch
    {
        0 => [ZeroOp],
        1 => [OneOp],
        <= byte.MaxValue => [BytePrefix, (byte)value],
        <= ushort.MaxValue => [WordPrefix, (byte)value, (byte)(value >> 8)],
        _ => [DwordPrefix, .. Dword(value)],
    };

    /// <summary>A string of ASCII characters.</summary>
    internal static byte[] String(string text) => [StringPrefix, .. Encoding.ASCII.GetBytes(text), 0];

    /// <summary><c>EisaId ("PNP0501")</c>: three letters and four hexadecimal digits in 32 bits, big-endian (ACPI 6.4, 19.6.36).</summary>
    internal static byte[] EisaId(string id)
    {
        uint letters = ((uint)(id[0] - '@') << 10) | ((uint)(id[1] - '@') << 5) | (uint)(id[2] - '@');
        uint value = (letters << 16) | Convert.ToUInt16(id[3..], 16);
        return [DwordPrefix, .. Dword(BinaryPrimitives.ReverseEndianness(value))];
    }

    private static byte[] Dword(uint value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)];

    // Short segments are filled with underscores; a leading backslash is the root.
    private static byte[] Path(string path)
    {
        bool root = path.StartsWith('\\');
        byte[] segment = Encoding.ASCII.GetBytes(path.TrimStart('\\').PadRight(4, '_'));
        return root ? [(byte)'\\', .. segment] : segment;
    }

    // A length in front that counts itself: one byte up to 63, else the count of further bytes in the upper two bits (20.2.4).
    private static byte[] Packaged(byte[] content)
    {
        if (content.Length + 1 <= 0x3F)
        {
            return [(byte)(content.Length + 1), .. content];
        }

        int further = content.Length + 2 < 1 << 12 ? 1 : content.Length + 3 < 1 << 20 ? 2 : 3;
        int length = content.Length + 1 + further;
        var lead = new List<byte> { (byte)((further << 6) | (length & 0x0F)) };
        for (int i = 0; i < further; i++)
        {
            lead.Add((byte)(length >> (4 + (8 * i))));
        }

        return [.. lead, .. content];
    }
}
