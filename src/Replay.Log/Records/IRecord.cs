using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>What every record can do: name its kind, and turn into bytes and back.</summary>
/// <typeparam name="TSelf">The record's own type.</typeparam>
public interface IRecord<TSelf>
    where TSelf : IRecord<TSelf>, allows ref struct
{
    /// <summary>The record's number on disk.</summary>
    static abstract RecordKind Kind { get; }

    /// <summary>Reads the body of one record; reading the same bytes in the same place again gives the same record.</summary>
    /// <param name="cursor">Stands at the body; afterwards behind it.</param>
    /// <param name="place">Where in the log the record stands.</param>
    /// <exception cref="RecordFormatException">The bytes are no such record.</exception>
    static abstract TSelf Read(scoped ref RecordCursor cursor, RecordPlace place);

    /// <summary>Writes the body.</summary>
    void Write(RecordBuffer buffer, RecordPlace place);

    /// <summary>Writes what the record says as JSON properties into an object that has been begun.</summary>
    void Describe(Utf8JsonWriter json);
}
