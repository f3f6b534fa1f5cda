using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Memory;

namespace Replay.Log.Tests.Support;

/// <summary>A small machine without a guest, into whose registers, console and memory a test scribbles: for checkpoints that need no instructions.</summary>
internal sealed class ScribbledMachine : IDisposable
{
    public const int Pages = 1024;

    private static readonly MachineDescription s_description = MachineSetup.Describe("x86-64-v2", (ulong)Pages << 12, 1, ClockMode.Virtual);

    public VirtualMachine Machine { get; } = new(s_description, new Silence());

    public static ulong MemoryBytes => s_description.MemoryBytes;

    /// <summary>Goes on by some instructions, and writes some pages: new content, content of other pages, zeros, or what was there.</summary>
    public void GoOn(Random random, int writes)
    {
        Machine.Cpu.State.Retired += (ulong)random.Next(1, 1000);
        Machine.Cpu.State.R9 = (ulong)random.NextInt64();
        Machine.Output.Write((byte)random.Next(256));
        for (int i = 0; i < writes; i++)
        {
            byte[] content = random.Next(5) switch
            {
                0 => new byte[GuestMemory.PageBytes],
                1 or 2 => Machine.Memory.Page(random.Next(Pages)).ToArray(),
                _ => Noise(random),
            };
            Machine.Memory.Write(GuestMemory.AddressOf(random.Next(Pages)), content);
        }
    }

    /// <summary>Everything in RAM.</summary>
    public byte[] Content()
    {
        byte[] content = new byte[Pages * GuestMemory.PageBytes];
        Machine.Memory.Read(default, content);
        return content;
    }

    public void Dispose() => Machine.Dispose();

    // Half noise and half text, as pages of a guest are: it can be compressed, but not to nothing.
    private static byte[] Noise(Random random)
    {
        byte[] content = new byte[GuestMemory.PageBytes];
        random.NextBytes(content.AsSpan(0, random.Next(1, GuestMemory.PageBytes)));
        return content;
    }
}
