using System.Text.Json;
using System.Text.Json.Serialization;
using Guest.Machine;

namespace Replay.Log.Manifests;

/// <summary>A key of 128 bits in a manifest: 32 lower-case hexadecimal digits, as hashes are printed.</summary>
internal sealed class KeyJson : JsonConverter<Hash128>
{
    /// <inheritdoc/>
    public override Hash128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Hash128.TryParse(reader.GetString(), out Hash128 key) ? key : throw new JsonException($"a key is not {Hash128.Digits} lower-case hexadecimal digits");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Hash128 value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
