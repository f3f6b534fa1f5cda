using System.Text.Json;
using System.Text.Json.Serialization;

namespace Replay.Log.Manifests;

/// <summary>The generated JSON form of the manifest: strict, so that a property this code does not know is refused by name.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    Converters = [typeof(CpuidLeafJson), typeof(KeyJson), typeof(ClockModeJson)])]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
