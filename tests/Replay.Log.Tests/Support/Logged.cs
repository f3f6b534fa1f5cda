using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Guest.Machine;
using Replay.Log.Records;

namespace Replay.Log.Tests.Support;

/// <summary>A record as a test holds it: position, and a way to append it; compared by what it says.</summary>
internal sealed record Logged(Position At, string Text)
{
    private Action<LogWriter>? _append;

    public bool Equals(Logged? other) => other is not null && At == other.At && Text == other.Text;

    public override int GetHashCode() => Text.Length;

    public void AppendTo(LogWriter log) => _append!(log);

    public static Logged Seed(Position at, byte[] bytes) =>
        new(at, Describe(at, new BootSeed(bytes))) { _append = log => log.Append(at, new BootSeed(bytes)) };

    public static Logged Typed(Position at, byte[] bytes) =>
        new(at, Describe(at, new ConsoleInput(bytes))) { _append = log => log.Append(at, new ConsoleInput(bytes)) };

    public static Logged Vendor(Position at, string name) =>
        new(at, Describe(at, new HostVendor(Encoding.ASCII.GetBytes(name)))) { _append = log => log.Append(at, new HostVendor(Encoding.ASCII.GetBytes(name))) };

    public static Logged Entropy(Position at, int slot, byte[] bytes) =>
        new(at, Describe(at, new EntropyInput(slot, bytes))) { _append = log => log.Append(at, new EntropyInput(slot, bytes)) };

    public static Logged Frame(Position at, int slot, byte[] bytes) =>
        new(at, Describe(at, new FrameInput(slot, bytes))) { _append = log => log.Append(at, new FrameInput(slot, bytes)) };

    public static Logged Of<T>(Position at, T record)
        where T : struct, IRecord<T> =>
        new(at, Describe(at, record)) { _append = log => log.Append(at, record) };

    /// <summary>Everything that is left in a log.</summary>
    public static List<Logged> ReadAll(LogReader log)
    {
        List<Logged> records = [];
        while (log.Next())
        {
            records.Add(new Logged(log.Position, Json(log.Describe)));
        }

        return records;
    }

    public static StateHash Hash(params StatePart[] parts) => new([.. parts]);

    private static string Describe<T>(Position at, T record)
        where T : IRecord<T>, allows ref struct
    {
        MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteString("position", at.ToString());
            json.WriteString("kind", T.Kind.ToString());
            record.Describe(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static string Json(Action<Utf8JsonWriter> describe)
    {
        MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            describe(json);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }
}
