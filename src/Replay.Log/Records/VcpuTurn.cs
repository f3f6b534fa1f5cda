using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>From here on the line is that of another vCPU: how the instructions of vCPUs that ran at once are put one behind the other.</summary>
/// <remarks>
/// What varies: which of two vCPUs that ran at once came first to what they share. Logged by the recorder where one has to wait for what another has done
/// (docs/multicore.md). Injected there: the vCPU executes the instructions up to the position of the next such record.
/// Body: the vCPU's number (varint).
/// </remarks>
/// <param name="Vcpu">The vCPU that executes what follows.</param>
public readonly record struct VcpuTurn(int Vcpu) : IRecord<VcpuTurn>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.VcpuTurn;

    /// <inheritdoc/>
    public static VcpuTurn Read(scoped ref RecordCursor cursor, RecordPlace place) => new(cursor.BoundedVarint(place.Vcpus - 1, "the number of a vCPU"));

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place) => buffer.Varint((ulong)Vcpu);

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json) => json.WriteNumber("vcpu", Vcpu);
}
