using System.Text;
using Guest.Machine.State;

namespace Replay.Engine.Observe.Programs;

/// <summary>Texts in a plugin's state: their length in bytes, then UTF-8.</summary>
public static class StateText
{
    private const int Most = 1 << 16;

    /// <summary>Writes one; cut where it is longer than a path can be.</summary>
    public static void Write(StateWriter writer, string text)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        bytes = bytes[..Math.Min(bytes.Length, Most)];
        writer.WriteInt32(bytes.Length);
        writer.WriteBytes(bytes);
    }

    /// <summary>Reads one.</summary>
    public static string Read(StateReader reader)
    {
        byte[] bytes = new byte[reader.ReadIndex(Most + 1)];
        reader.ReadBytes(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
