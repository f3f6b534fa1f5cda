namespace Replay.Log.Records;

/// <summary>Bytes that should be a record and are not; the reader of the log turns it into an error with file and offset.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="isUnknown">True where the bytes may be right and come from a newer ReplayKit; false where they break the format.</param>
public sealed class RecordFormatException(string message, bool isUnknown = false) : Exception(message)
{
    /// <summary>Whether the bytes may be right and come from a newer ReplayKit.</summary>
    public bool IsUnknown { get; } = isUnknown;
}
