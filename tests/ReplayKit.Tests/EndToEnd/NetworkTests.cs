using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Network devices, recorded and replayed by the command, with a peer on a stream socket.</summary>
public sealed class NetworkTests(DevicesGuest guest) : IClassFixture<DevicesGuest>
{
    [Fact]
    public void Frames_that_go_out_and_come_back_are_recorded_and_a_replay_captures_the_same_bytes()
    {
        using StreamPeer peer = new(guest.File("echo.socket"), StreamPeer.Echo);
        guest.Record("frames.rk", "frames=500", "--net", "stream,unix=" + guest.File("echo.socket"), "--capture", guest.File("frames.pcap"));
        CommandResult replay = ReplayKitCommand.Run("replay", guest.File("frames.rk"), "--capture", guest.File("frames-replayed.pcap"));
        Assert.True(replay.ExitCode == 0, replay.Error);
        byte[] captured = File.ReadAllBytes(guest.File("frames.pcap"));
        Assert.Equal(captured, File.ReadAllBytes(guest.File("frames-replayed.pcap")));
        Assert.Equal(1000, Frames(captured).Count());
        Assert.Equal(500, TinyGuest.Info(guest.File("frames.rk")).GetProperty("records_by_kind").GetProperty("frame-input").GetInt32());
    }

    [Fact]
    public void A_guest_answers_frames_that_come_by_themselves_faster_than_it_takes_them()
    {
        List<byte[]> answers = [];
        byte[][] questions = [.. Enumerable.Range(0, 300).Select(i => Frame(60 + (i * 4), i))];
        using (StreamPeer peer = new(guest.File("ask.socket"), peer => Ask(peer, questions, answers)))
        {
            guest.Record("ask.rk", "echo", "--net", "stream,unix=" + guest.File("ask.socket"));
        }

        // Frames before the guest's driver runs are lost; of those behind the first that came back none is.
        byte[][] rest = questions[Array.FindIndex(questions, frame => frame.AsSpan().SequenceEqual(answers[0]))..];
        Assert.Equal(rest, answers[..rest.Length]);
    }

    [Fact]
    public void Durable_recordings_let_no_frame_out_before_what_led_to_it_is_on_the_disk()
    {
        string log = Path.Combine(guest.File("durable.rk"), "log", "000000.rklog");
        List<long> lengths = [];
        using (StreamPeer peer = new(guest.File("durable.socket"), peer =>
        {
            while (peer.Receive() is { } frame)
            {
                lengths.Add(new FileInfo(log).Length);
                peer.Send(frame);
            }
        }))
        {
            guest.Record("durable.rk", "frames=20", "--durable", "--net", "stream,unix=" + guest.File("durable.socket"));
        }

        // Up to eight frames are under way at once: in between, the log has grown.
        Assert.Equal(20, lengths.Count);
        Assert.All(Enumerable.Range(8, 12), i => Assert.True(lengths[i] > lengths[i - 8], $"frame {i} came before the log had grown"));
    }

    [Fact]
    public async Task What_a_killed_recorder_leaves_verifies_while_frames_came()
    {
        using StreamPeer peer = new(guest.File("killed.socket"), StreamPeer.Echo);
        using Process process = ReplayKitCommand.Start(
            Path.GetTempPath(), guest.RecordArguments("killed.rk", "frames=1000000", "--net", "stream,unix=" + guest.File("killed.socket")));
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        while (!File.Exists(Path.Combine(guest.File("killed.rk"), "manifest.json")))
        {
            await Task.Delay(5);
        }

        await Task.Delay(2500);
        process.Kill();
        await process.WaitForExitAsync();
        await output;
        guest.Verify("killed.rk");
        Assert.True(TinyGuest.Info(guest.File("killed.rk")).GetProperty("records_by_kind").GetProperty("frame-input").GetInt32() > 100);
    }

    [Fact]
    public async Task What_a_killed_durable_recorder_leaves_has_every_frame_that_the_other_side_saw()
    {
        Random random = new();
        int kills = int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_KILLS") ?? "2", System.Globalization.CultureInfo.InvariantCulture);
        for (int kill = 0; kill < kills; kill++)
        {
            string name = $"killed-durable-{kill}.rk";
            List<byte[]> seen = [];
            StreamPeer peer = new(guest.File(name + ".socket"), peer =>
            {
                while (peer.Receive() is { } frame)
                {
                    seen.Add(frame);
                    peer.Send(frame);
                }
            });
            using (Process process = ReplayKitCommand.Start(
                Path.GetTempPath(), guest.RecordArguments(name, "frames=1000000", "--durable", "--net", "stream,unix=" + guest.File(name + ".socket"))))
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync();
                while (seen.Count == 0 && !process.HasExited)
                {
                    await Task.Delay(5);
                }

                await Task.Delay(random.Next(1500));
                process.Kill();
                await process.WaitForExitAsync();
                await output;
            }

            peer.Dispose();
            guest.Verify(name);
            CommandResult replay = ReplayKitCommand.Run("replay", guest.File(name), "--capture", guest.File(name + ".pcap"));
            Assert.True(replay.ExitCode == 0, replay.Error);
            HashSet<string> sent = [.. Frames(File.ReadAllBytes(guest.File(name + ".pcap"))).Select(Convert.ToHexString)];
            Assert.True(seen.Count > 10, $"only {seen.Count} frames");
            Assert.DoesNotContain(seen, frame => !sent.Contains(Convert.ToHexString(frame)));
        }
    }

    [Fact]
    public void Several_devices_have_networks_and_addresses_of_their_own()
    {
        using StreamPeer one = new(guest.File("one.socket"), StreamPeer.Echo);
        using StreamPeer two = new(guest.File("two.socket"), _ => { });
        guest.Record("two.rk", "frames=10", "--net", "stream,unix=" + guest.File("one.socket"), "--net", "stream,unix=" + guest.File("two.socket") + ",mtu=9000");
        string manifest = File.ReadAllText(Path.Combine(guest.File("two.rk"), "manifest.json"));
        Assert.Contains("\"52:54:00:12:34:57\"", manifest, StringComparison.Ordinal);
        Assert.Contains("9000", manifest, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_may_listen_on_a_port_and_lose_its_peer()
    {
        int port = FreePort();
        using Process process = ReplayKitCommand.Start(
            Path.GetTempPath(), guest.RecordArguments("listen.rk", "echo", "--net", $"stream,tcp=127.0.0.1:{port},listen", "--seconds", "4"));
        using (TcpClient client = Connect(port))
        {
            client.GetStream().Write([0, 0, 0, 60, .. Frame(60, 1)]);
        }

        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        guest.Verify("listen.rk");
    }

    [TapFact]
    public void Frames_come_and_go_through_a_tap_device_of_the_host()
    {
        const string Script =
            """
            set -e
            ip tuntap add dev tap0 mode tap; ip addr add 10.9.9.1/24 dev tap0; ip link set tap0 up
            ip neigh replace 10.9.9.2 lladdr 52:54:00:12:34:56 dev tap0
            "$@" & pid=$!
            for i in $(seq 40); do sleep 0.1; echo 'over the tap' > /dev/udp/10.9.9.2/9; done
            wait $pid
            """;
        Programs.Run("unshare", [
            "--map-root-user", "--net", "bash", "-c", Script, "bash", "dotnet", ReplayKitCommand.Assembly,
            .. guest.RecordArguments("tap.rk", "echo", "--net", "tap,name=tap0", "--capture", guest.File("tap.pcap"), "--seconds", "5")]);
        guest.Verify("tap.rk");
        byte[][] frames = [.. Frames(File.ReadAllBytes(guest.File("tap.pcap"))).Where(frame => frame.AsSpan().IndexOf("over the tap"u8) > 0)];
        Assert.NotEmpty(frames);
        Assert.All(frames.GroupBy(Convert.ToHexString), same => Assert.Equal(2, same.Count()));
    }

    [Theory]
    [InlineData("RK0301", 1, "magic")]
    [InlineData("RK0301", 1, "user,forward=80:90:100")]
    [InlineData("RK0301", 1, "user,forward=0:80")]
    [InlineData("RK0301", 1, "user,forward=x/80:80")]
    [InlineData("RK0301", 1, "user,speed=fast")]
    [InlineData("RK0301", 1, "user,mac=53:54:00:12:34:56")]
    [InlineData("RK0301", 1, "user,mtu=10")]
    [InlineData("RK0301", 1, "stream")]
    [InlineData("RK0301", 1, "stream,tcp=here")]
    [InlineData("RK0301", 1, "tap")]
    [InlineData("RK0802", 4, "stream,unix=/nowhere/at/all.socket")]
    [InlineData("RK0803", 4, "tap,name=lo")]
    public void A_network_that_cannot_be_is_refused_by_name(string code, int exitCode, string net)
    {
        CommandResult result = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--net", net);
        Assert.StartsWith($"replaykit: {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
    }

    [Fact]
    public void A_port_that_is_taken_is_reported_with_what_passt_says()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        CommandResult result = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--net", $"user,forward={port}:80");
        string line = Assert.Single(result.ErrorLines);
        Assert.StartsWith("replaykit: RK0801: ", line, StringComparison.Ordinal);
        Assert.Contains(port.ToString(System.Globalization.CultureInfo.InvariantCulture), line, StringComparison.Ordinal);
        Assert.Equal(4, result.ExitCode);
    }

    [Fact]
    public void A_capture_overwrites_nothing()
    {
        string there = guest.File("there.pcap");
        File.WriteAllText(there, "mine");
        CommandResult result = ReplayKitCommand.Run("run", "--kernel", guest.Kernel, "--append", "panic", "--memory", "64M", "--capture", there);
        Assert.StartsWith("replaykit: RK0307: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(there));
    }

    /// <summary>The frames of a pcap file, read by its description.</summary>
    internal static IEnumerable<byte[]> Frames(byte[] pcap)
    {
        Assert.Equal(0xA1B2_3C4Du, BinaryPrimitives.ReadUInt32LittleEndian(pcap));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(pcap.AsSpan(20)));
        int at = 24;
        while (at < pcap.Length)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(pcap.AsSpan(at + 8));
            yield return pcap[(at + 16)..(at + 16 + length)];
            at += 16 + length;
        }
    }

    /// <summary>A port of the loopback address that nobody uses.</summary>
    internal static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static TcpClient Connect(int port)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                return new TcpClient("127.0.0.1", port);
            }
            catch (SocketException) when (tries < 600)
            {
                Thread.Sleep(50);
            }
        }
    }

    private static byte[] Frame(int length, int number)
    {
        byte[] frame = new byte[length];
        new Random(number).NextBytes(frame);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(14), number);
        return frame;
    }

    // Asks until an answer comes, then everything at once, then quits.
    private static void Ask(StreamPeer peer, byte[][] questions, List<byte[]> answers)
    {
        peer.Connection.ReceiveTimeout = 50;
        int asked = 0;
        while (answers.Count == 0)
        {
            peer.Send(questions[asked++]);
            try
            {
                answers.Add(peer.Receive()!);
            }
            catch (SocketException)
            {
                // The guest's driver does not run yet.
                continue;
            }
        }

        peer.Connection.ReceiveTimeout = 0;
        foreach (byte[] question in questions[asked..])
        {
            peer.Send(question);
        }

        while (!answers[^1].AsSpan().SequenceEqual(questions[^1]) && peer.Receive() is { } answer)
        {
            answers.Add(answer);
        }

        peer.Send([.. new byte[14], .. Encoding.ASCII.GetBytes("quit"), .. new byte[42]]);
    }
}
