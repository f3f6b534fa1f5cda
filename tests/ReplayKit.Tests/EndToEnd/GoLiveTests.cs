using System.Text;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>A guest that runs on from a position of its recording, into a recording of its own.</summary>
public sealed class GoLiveTests(DevicesGuest guest) : IClassFixture<DevicesGuest>
{
    [Theory]
    [InlineData("start")]
    [InlineData("33%")]
    [InlineData("80%")]
    public void A_guest_runs_on_with_its_disks_as_they_were_and_the_new_recording_verifies(string from)
    {
        string parent = $"parent{from.Length}{from[0]}.rk";
        string child = "child" + parent;
        string image = guest.Image(parent + ".img", 4);
        byte[] before = File.ReadAllBytes(image);
        guest.Record(parent, "entropy disk disk read", "--disk", image, "--entropy");
        Assert.Equal(0, ReplayKitCommand.Run("checkpoint", guest.File(parent), "--every", "5000000").ExitCode);
        CommandResult live = ReplayKitCommand.Run("replay", guest.File(parent), "--live-from", from, "-o", guest.File(child));
        Assert.True(live.ExitCode == 0 && live.Output.EndsWith("done\n", StringComparison.Ordinal), live.Output + live.Error);
        guest.Verify(child);
        Assert.Equal(before, File.ReadAllBytes(image));
        Assert.Equal(64, TinyGuest.Info(guest.File(child)).GetProperty("parent").GetString()!.Length);

        // A child is a recording like any other: its guest runs on from there, too.
        CommandResult again = ReplayKitCommand.Run("replay", guest.File(child), "--live-from", "50%", "-o", guest.File("grand" + child));
        Assert.True(again.ExitCode == 0 && again.Output.EndsWith("done\n", StringComparison.Ordinal), again.Output + again.Error);
        guest.Verify("grand" + child);
    }

    [Fact]
    public void A_guest_that_runs_on_answers_a_new_network()
    {
        byte[] quit = [.. new byte[14], .. Encoding.ASCII.GetBytes("quit"), .. new byte[42]];
        using (StreamPeer peer = new(guest.File("first.socket"), peer => Talk(peer, 1, quit)))
        {
            guest.Record("served.rk", "echo", "--net", "stream,unix=" + guest.File("first.socket"));
        }

        List<byte[]> answers = [];
        using (StreamPeer peer = new(guest.File("second.socket"), peer => answers = Talk(peer, 2, quit)))
        {
            CommandResult live = ReplayKitCommand.Run(
                "replay", guest.File("served.rk"), "--live-from", "frame-input:10", "--net", "stream,unix=" + guest.File("second.socket"),
                "--capture", guest.File("live.pcap"), "-o", guest.File("live.rk"));
            Assert.True(live.ExitCode == 0 && live.Output.EndsWith("done\n", StringComparison.Ordinal), live.Output + live.Error);
        }

        Assert.Equal(20, answers.Count);
        guest.Verify("live.rk");
        CommandResult replay = ReplayKitCommand.Run("replay", guest.File("live.rk"), "--capture", guest.File("live-again.pcap"));
        Assert.True(replay.ExitCode == 0, replay.Error);
        Assert.Equal(File.ReadAllBytes(guest.File("live.pcap")), File.ReadAllBytes(guest.File("live-again.pcap")));
    }

    [Fact]
    public void A_guest_that_has_powered_off_does_not_run_on()
    {
        guest.Record("off.rk", "entropy", "--entropy");
        CommandResult result = ReplayKitCommand.Run("replay", guest.File("off.rk"), "--live-from", "end", "-o", guest.File("on.rk"));
        Assert.StartsWith("replaykit: RK0306: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.False(Directory.Exists(guest.File("on.rk")));
    }

    [Fact]
    public void A_recording_whose_image_was_written_through_does_not_go_live()
    {
        guest.Record("through.rk", "fill", "--disk", guest.Image("through.img", 1) + ",format=raw,write-through");
        CommandResult result = ReplayKitCommand.Run("replay", guest.File("through.rk"), "--live-from", "50%", "-o", guest.File("not.rk"));
        Assert.StartsWith("replaykit: RK0709: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_a_live_run_need_one()
    {
        CommandResult result = ReplayKitCommand.Run("replay", guest.File("any.rk"), "-o", guest.File("not.rk"));
        Assert.Equal(2, result.ExitCode);
        guest.Record("alone.rk", "entropy", "--entropy");
        result = ReplayKitCommand.Run("replay", guest.File("alone.rk"), "-o", guest.File("not.rk"));
        Assert.StartsWith("replaykit: RK0302: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    // Sends twenty frames and takes their answers, one after the other; then the last word.
    private static List<byte[]> Talk(StreamPeer peer, byte mark, byte[] quit)
    {
        List<byte[]> answers = [];
        peer.Connection.ReceiveTimeout = 200;
        while (answers.Count < 20)
        {
            byte[] frame = [.. Enumerable.Range(0, 60).Select(i => (byte)(i == 20 ? answers.Count : mark))];
            peer.Send(frame);
            try
            {
                byte[]? answer = peer.Receive();
                while (answer is not null && !answer.AsSpan().SequenceEqual(frame))
                {
                    answer = peer.Receive();
                }

                answers.Add(answer!);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // The guest's driver does not run yet: again.
                continue;
            }
        }

        peer.Send(quit);
        return answers;
    }
}
