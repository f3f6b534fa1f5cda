using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Guest.Machine.Board;

namespace Replay.Log.Manifests;

/// <summary>A CPUID answer in a manifest: one line of six hexadecimal words, as in <c>00000007.00000000 eax=… ebx=… ecx=… edx=…</c>.</summary>
internal sealed class CpuidLeafJson : JsonConverter<CpuidLeaf>
{
    private const string Form = "LLLLLLLL.SSSSSSSS eax=AAAAAAAA ebx=BBBBBBBB ecx=CCCCCCCC edx=DDDDDDDD";
    private const int WordLength = 8;

    /// <inheritdoc/>
    public override CpuidLeaf Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.GetString() ?? throw new JsonException("a CPUID answer is null");
        if (text.Length != Form.Length)
        {
            throw new JsonException($"a CPUID answer does not have the form {Form}");
        }

        CpuidLeaf leaf = new(Word(text, 'L'), Word(text, 'S'), Word(text, 'A'), Word(text, 'B'), Word(text, 'C'), Word(text, 'D'));
        return TextOf(leaf) == text ? leaf : throw new JsonException($"a CPUID answer does not have the form {Form}");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CpuidLeaf value, JsonSerializerOptions options) => writer.WriteStringValue(TextOf(value));

    /// <summary>The line.</summary>
    internal static string TextOf(CpuidLeaf leaf) => string.Create(
        CultureInfo.InvariantCulture,
        $"{leaf.Leaf:x8}.{leaf.Subleaf:x8} eax={leaf.Eax:x8} ebx={leaf.Ebx:x8} ecx={leaf.Ecx:x8} edx={leaf.Edx:x8}");

    private static uint Word(string text, char letter)
    {
        ReadOnlySpan<char> digits = text.AsSpan(Form.IndexOf(letter, StringComparison.Ordinal), WordLength);
        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint word)
            ? word
            : throw new JsonException($"a CPUID answer does not have the form {Form}");
    }
}
