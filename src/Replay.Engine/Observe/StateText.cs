using System.Text;
using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>Texts in a plugin's state: their length in bytes, then UTF-8.</summary>
public static class StateText
{
    /// <summary>Bytes that a path cannot have more of.</summary>
    public const int LongestPath = 1 << 16;

    /// <summary>Writes one; cut where it is longer.</summary>
    public static void Write(StateWriter writer, string text, int most = LongestPath)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        bytes = bytes[..Math.Min(bytes.Length, most)];
        writer.WriteInt32(bytes.Length);
        writer.WriteBytes(bytes);
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0280: the state is damaged, or the text is longer.</exception>
    public static string Read(StateReader reader, int most = LongestPath)
    {
        byte[] bytes = new byte[reader.ReadIndex(most + 1)];
        reader.ReadBytes(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
