using System.Text.Json.Serialization;
using Guest.Machine;

namespace Replay.Log.Manifests;

/// <summary>Where a recording begins that does not begin with the machine: with the checkpoint at this position.</summary>
/// <param name="Position">The position; it goes on counting from where the state came from.</param>
/// <param name="Parent">The recording whose state it was: the SHA-256 of its <c>manifest.json</c>, lower-case hexadecimal; null where the machine was not recorded before.</param>
public sealed record RecordingStart(string Position, string? Parent)
{
    /// <summary>The position.</summary>
    [JsonIgnore]
    public Position At => Guest.Machine.Position.TryParse(Position, out Position at) ? at : default;

    /// <summary>Whether the values are those of a start.</summary>
    internal bool IsValid => Guest.Machine.Position.TryParse(Position, out Position at) && at.RepCount is null && at.ToString() == Position;
}
