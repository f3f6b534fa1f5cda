using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>All vCPUs stand where the line has them: what follows at this position is done to the whole machine.</summary>
/// <remarks>
/// What varies: when the recorder looks around. Logged by the recorder of vCPUs that run at once wherever it has brought them all to stand. A replay along the line stands there in any
/// case; one in parallel waits for all vCPUs. Body: nothing.
/// </remarks>
public readonly record struct CommonCut : IRecord<CommonCut>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.CommonCut;

    /// <inheritdoc/>
    public static CommonCut Read(scoped ref RecordCursor cursor, RecordPlace place) => default;

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
    }
}
