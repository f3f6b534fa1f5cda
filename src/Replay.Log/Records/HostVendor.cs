using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>The guest has executed an instruction whose result depends on who made the host's processor (x87 transcendental functions).</summary>
/// <remarks>
/// What varies: the last bits of those results, from vendor to vendor. Logged once, by the recorder, where it first sees that such an
/// instruction has run. Injected nowhere: a replayer on another vendor's processor refuses the recording by name before it starts
/// (docs/defined-results.md). Body: the length (varint), CPUID's vendor string in ASCII.
/// </remarks>
/// <param name="name">The vendor's twelve letters; borrowed.</param>
public readonly ref struct HostVendor(ReadOnlySpan<byte> name) : IRecord<HostVendor>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.HostVendor;

    /// <summary>The vendor's twelve letters, in ASCII; valid until the reader moves on.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <inheritdoc/>
    public static HostVendor Read(scoped ref RecordCursor cursor, RecordPlace place)
    {
        ReadOnlySpan<byte> name = cursor.Bytes();
        return System.Text.Ascii.IsValid(name) ? new(name) : throw new RecordFormatException("the name of a host's vendor is not ASCII");
    }

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place) => buffer.Bytes(Name);

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json) => json.WriteString("vendor", System.Text.Encoding.ASCII.GetString(Name));
}
