using System.Globalization;
using System.Text;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The protocol's numbers and bytes in hexadecimal.</summary>
internal static class Hex
{
    /// <summary>The value of a digit; negative where it is none.</summary>
    internal static int DigitOf(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };

    /// <summary>Bytes, two digits each.</summary>
    internal static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>Text as UTF-8 bytes.</summary>
    internal static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>A number of up to 64 bits; false where the text is none.</summary>
    internal static bool TryNumber(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);

    /// <summary>The text whose bytes these digits are; null where they are none.</summary>
    internal static string? TextOf(ReadOnlySpan<char> digits)
    {
        byte[] bytes = new byte[digits.Length / 2];
        return digits.Length % 2 == 0 && Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done ? Encoding.UTF8.GetString(bytes) : null;
    }
}
