using Guest.Machine;
using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>What the plugins found in one segment of a recording, as a file: any machine can have made it, and <c>join</c> puts them together.</summary>
/// <param name="Recording">The SHA-256 of the recording's manifest, in hexadecimal.</param>
/// <param name="Plugins">The plugins as they were asked for, with their options.</param>
/// <param name="Number">Which segment, from 0.</param>
/// <param name="Count">How many there are.</param>
/// <param name="From">Where the whole begins.</param>
/// <param name="To">Where the whole ends.</param>
/// <param name="State">What the plugins keep, one after the other.</param>
public sealed record SegmentResult(string Recording, IReadOnlyList<string> Plugins, int Number, int Count, Position From, Position To, byte[] State)
{
    private const ulong Magic = 0x3130_4745_534B_5200; // "\0RKSEG01" backwards
    private const int MostText = 4095;
    private const int MostPlugins = 256;

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">The disk is full, or the host refuses a write.</exception>
    public void Write(string path)
    {
        StateWriter writer = new();
        writer.WriteUInt64(Magic);
        StateText.Write(writer, Recording, int.MaxValue);
        writer.WriteInt32(Plugins.Count);
        foreach (string plugin in Plugins)
        {
            StateText.Write(writer, plugin, int.MaxValue);
        }

        writer.WriteInt32(Number);
        writer.WriteInt32(Count);
        writer.WriteUInt64(From.Retired);
        writer.WriteUInt64(To.Retired);
        writer.WriteInt32(State.Length);
        writer.WriteBytes(State);
        File.WriteAllBytes(path, writer.Written);
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="ReplayKitException">RK0905: it is no such file, or a damaged one.</exception>
    public static SegmentResult Read(string path)
    {
        try
        {
            StateReader reader = new(File.ReadAllBytes(path));
            if (reader.ReadUInt64() != Magic)
            {
                throw new ReplayKitException(905, ExitCode.BadInput, $"{path} is no segment's result of this version");
            }

            string recording = StateText.Read(reader, MostText);
            string[] plugins = new string[reader.ReadIndex(MostPlugins)];
            for (int i = 0; i < plugins.Length; i++)
            {
                plugins[i] = StateText.Read(reader, MostText);
            }

            (int number, int count) = (reader.ReadInt32(), reader.ReadInt32());
            Position from = new(0, reader.ReadUInt64());
            Position to = new(0, reader.ReadUInt64());
            byte[] state = new byte[reader.ReadIndex(int.MaxValue)];
            reader.ReadBytes(state);
            reader.ExpectEnd(path);
            return new SegmentResult(recording, plugins, number, count, from, to, state);
        }
        catch (ReplayKitException damage) when (damage.Code == 280)
        {
            throw new ReplayKitException(905, ExitCode.BadInput, $"{path} is damaged: {damage.Text}", damage);
        }
    }
}
