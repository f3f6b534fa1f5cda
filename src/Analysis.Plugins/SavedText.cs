using System.Text;
using Guest.Machine.State;

namespace Analysis.Plugins;

/// <summary>Texts in what plugins keep.</summary>
internal static class SavedText
{
    /// <summary>Writes one: its length in bytes, and UTF-8.</summary>
    internal static void Write(StateWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.WriteInt32(bytes.Length);
        writer.WriteBytes(bytes);
    }

    /// <summary>Reads one.</summary>
    internal static string Read(StateReader reader)
    {
        byte[] bytes = new byte[reader.ReadIndex(1 << 24)];
        reader.ReadBytes(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
