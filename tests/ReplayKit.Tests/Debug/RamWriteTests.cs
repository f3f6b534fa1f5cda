using Guest.Machine;
using Replay.Engine;
using Replay.Engine.Debug;
using Replay.Log;
using ReplayKit.Tests.EndToEnd;

namespace ReplayKit.Tests.Debug;

/// <summary>Who wrote to RAM: by any mapping, devices too.</summary>
public sealed class RamWriteTests(DevicesGuest guest) : IClassFixture<DevicesGuest>
{
    private const int Ram = 64 << 20;

    [Fact]
    public void All_writes_to_ram_by_processor_and_devices_are_seen_and_explain_its_content()
    {
        guest.Record("ram.rk", "fill=1 entropy", "--disk", guest.Image("ram-0.img", 4), "--disk", guest.Image("ram-1.img", 8), "--entropy");
        using DebuggedReplay replay = new(RecordingFolder.Open(guest.File("ram.rk")), new NoConsole(), default);
        byte[] content = Content(replay);
        replay.GoTo(new Moment(ulong.MaxValue));
        IReadOnlyList<SeenRamWrite> all = replay.WritesToRam(default, Ram, isBefore: true, int.MaxValue);
        Assert.Contains(all, write => write.Pc is null);
        Assert.Contains(all, write => write.Pc is not null);
        foreach (SeenRamWrite write in all)
        {
            for (int i = 0; i < write.Size; i++)
            {
                content[(int)write.Address.Value + i] = (byte)(write.Value >> (8 * i));
            }
        }

        Assert.True(content.AsSpan().SequenceEqual(Content(replay)), "somebody has written unseen");
        SeenRamWrite device = all.Last(write => write.Pc is null && write.Size == 8);
        Assert.Equal(
            all.Last(write => write.Address.Value < device.Address.Value + 8 && device.Address.Value < write.Address.Value + (ulong)write.Size).At,
            Assert.Single(replay.WritesToRam(device.Address, 8, isBefore: true, 1)).At);
    }

    private static byte[] Content(DebuggedReplay replay)
    {
        byte[] content = new byte[Ram];
        replay.Machine.Memory.Read(default, content);
        return content;
    }
}
