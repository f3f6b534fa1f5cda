using System.Text.Json;
using System.Text.Json.Serialization;

namespace Replay.Log.Packing;

/// <summary>The last file of a packed recording: what the others are.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Version">Version of this form; see <see cref="CurrentVersion"/>.</param>
/// <param name="Files">The files before it, in their order.</param>
internal sealed record PackIndex(string Format, int Version, IReadOnlyList<PackedFile> Files)
{
    /// <summary>The value of <see cref="Format"/>.</summary>
    public const string FormatName = "replaykit-pack";

    /// <summary>The version this code writes, and the highest it reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Its name in the archive.</summary>
    public const string FileName = "pack.json";

    /// <summary>The most bytes it may have: bounds what a hostile file can make a reader allocate.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Its bytes.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PackJson.Default.PackIndex);

    /// <summary>Reads its bytes.</summary>
    /// <exception cref="JsonException">They are no such index.</exception>
    public static PackIndex Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, PackJson.Default.PackIndex) is { Format: FormatName } index
        ? index
        : throw new JsonException("it is no index of a packed recording");
}
