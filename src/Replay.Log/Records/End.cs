using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Replay.Log.Records;

/// <summary>The last record of a recording that was ended and not cut: why it ended.</summary>
/// <remarks>
/// What varies: when the user or a limit stops the run. Logged by the recorder at the position where the machine stopped; nothing follows it.
/// A replay stops there. Body: the reason (varint), the detail (length as varint, UTF-8).
/// </remarks>
/// <param name="Reason">Why it ended.</param>
/// <param name="Detail">What else there is to say; often empty.</param>
public readonly record struct End(EndReason Reason, string Detail = "") : IRecord<End>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.End;

    /// <inheritdoc/>
    public static End Read(scoped ref RecordCursor cursor, RecordPlace place)
    {
        int reason = cursor.BoundedVarint(int.MaxValue, "the reason of an end");
        if (reason == 0 || !Enum.IsDefined((EndReason)reason))
        {
            throw new RecordFormatException($"an end for reason {reason}", isUnknown: true);
        }

        ReadOnlySpan<byte> detail = cursor.Bytes();
        return Utf8.IsValid(detail)
            ? new End((EndReason)reason, Encoding.UTF8.GetString(detail))
            : throw new RecordFormatException("the detail of an end is not UTF-8");
    }

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        buffer.Varint((ulong)Reason);
        buffer.Bytes(Encoding.UTF8.GetBytes(Detail));
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteString("reason", Reason.Word());
        json.WriteString("detail", Detail);
    }
}
