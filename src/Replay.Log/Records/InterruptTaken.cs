using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>The vCPU in turn takes the interrupts that wait for it.</summary>
/// <remarks>
/// What varies: where a vCPU that runs beside others notices that a device or another vCPU has sent it an interrupt. Logged by the recorder where it
/// takes it; in recordings whose vCPUs ran at once only, elsewhere that follows from the machine's state. Injected there. Which interrupts these are follows
/// from the state. Body: nothing.
/// </remarks>
public readonly record struct InterruptTaken : IRecord<InterruptTaken>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.InterruptTaken;

    /// <inheritdoc/>
    public static InterruptTaken Read(scoped ref RecordCursor cursor, RecordPlace place) => default;

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
    }
}
