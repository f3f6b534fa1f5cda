using System.Text.Json;

namespace ReplayKit.Cli;

/// <summary>How results look as JSON: <c>snake_case</c> names, indented, UTF-8 text as it is.</summary>
internal static class JsonOutput
{
    /// <summary>The serializer's settings.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
