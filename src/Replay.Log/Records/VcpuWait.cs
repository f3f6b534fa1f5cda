using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>A vCPU must not execute an instruction before the one in turn has executed what is on the line up to here: what a replay in parallel waits for.</summary>
/// <remarks>
/// What varies: as <see cref="VcpuTurn"/>. A replay along the line needs none of these: there the one comes before the other anyway. Logged by the recorder where it
/// puts a vCPU's instructions on the line because of another one, unless an earlier one implies it. Injected: the waiting vCPU's thread waits there.
/// Body: the number of the vCPU that waits (varint), and how many of its own instructions that are not on the line yet it may execute before (varint).
/// </remarks>
/// <param name="Vcpu">The vCPU that waits.</param>
/// <param name="Ahead">Its own instructions before that, behind those that are on the line.</param>
public readonly record struct VcpuWait(int Vcpu, ulong Ahead) : IRecord<VcpuWait>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.VcpuWait;

    /// <inheritdoc/>
    public static VcpuWait Read(scoped ref RecordCursor cursor, RecordPlace place) => new(cursor.BoundedVarint(place.Vcpus - 1, "the number of a vCPU"), cursor.Varint());

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        buffer.Varint((ulong)Vcpu);
        buffer.Varint(Ahead);
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("vcpu", Vcpu);
        json.WriteNumber("ahead", Ahead);
    }
}
