using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>The entropy that the boot protocol hands to the guest's kernel.</summary>
/// <remarks>
/// What varies: the host's random bytes; under a virtual clock they are fixed. Logged once, at 0:0, by the recorder, before the machine
/// is built. Injected as the <c>SETUP_RNG_SEED</c> entry of the boot parameters' <c>setup_data</c> list (Linux, Documentation/arch/x86/boot.rst).
/// Body: the length (varint), the bytes.
/// </remarks>
/// <param name="bytes">The seed, as the guest will find it; borrowed.</param>
public readonly ref struct BootSeed(ReadOnlySpan<byte> bytes) : IRecord<BootSeed>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.BootSeed;

    /// <summary>The seed, as the guest will find it; valid until the reader moves on.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public static BootSeed Read(scoped ref RecordCursor cursor, RecordPlace place) => new(cursor.Bytes());

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place) => buffer.Bytes(Bytes);

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json) => json.WriteString("bytes", Convert.ToHexStringLower(Bytes));
}
