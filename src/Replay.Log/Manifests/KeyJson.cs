using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Replay.Log.Manifests;

/// <summary>A key of 128 bits in a manifest: 32 lower-case hexadecimal digits, as hashes are printed.</summary>
internal sealed class KeyJson : JsonConverter<UInt128>
{
    private const int Digits = 32;

    /// <inheritdoc/>
    public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: Digits } text
            && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 key)
            && TextOf(key) == text
                ? key
                : throw new JsonException($"a key is not {Digits} lower-case hexadecimal digits");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) => writer.WriteStringValue(TextOf(value));

    /// <summary>The digits.</summary>
    internal static string TextOf(UInt128 key) => key.ToString("x32", CultureInfo.InvariantCulture);
}
