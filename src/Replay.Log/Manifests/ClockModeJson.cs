using System.Text.Json;
using System.Text.Json.Serialization;
using Guest.Machine.Board;

namespace Replay.Log.Manifests;

/// <summary>The clock mode in a manifest: the word that the option <c>--clock</c> takes.</summary>
internal sealed class ClockModeJson : JsonConverter<ClockMode>
{
    /// <inheritdoc/>
    public override ClockMode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
    {
        "host" => ClockMode.Host,
        "virtual" => ClockMode.Virtual,
        string other => throw new JsonException($"clock mode {other} is not known"),
        null => throw new JsonException("the clock mode is null"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ClockMode value, JsonSerializerOptions options) =>
        writer.WriteStringValue(WordOf(value));

    /// <summary>The word.</summary>
    internal static string WordOf(ClockMode mode) => mode == ClockMode.Virtual ? "virtual" : "host";
}
