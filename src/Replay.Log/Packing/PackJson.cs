using System.Text.Json.Serialization;

namespace Replay.Log.Packing;

/// <summary>The generated JSON form of the index of a packed recording.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PackIndex))]
internal sealed partial class PackJson : JsonSerializerContext;
