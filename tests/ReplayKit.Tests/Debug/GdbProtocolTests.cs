using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Guest.Machine;
using Replay.Engine;
using Replay.Engine.Debug;
using Replay.Engine.Debug.Gdb;
using Replay.Log;
using ReplayKit.Tests.EndToEnd;

namespace ReplayKit.Tests.Debug;

/// <summary>The remote protocol, byte by byte: what gdb never sends, and what it does not expect.</summary>
public sealed partial class GdbProtocolTests(TinyGuest guest) : IClassFixture<TinyGuest>
{
    // What a mutation begins with. Those that replay the whole recording are few, as each takes its time.
    private static readonly string[] Seeds =
    [
        "?", "g", "p10", "m1000000,40", "m0,ffffffffffffffff", "M1000000,1:00", "X1000000,1:a", "G00", "P0=0", "s", "bs", "vCont?", "vCont;s:1", "vCont;r1000000,1000100:1", "Z0,1000010,1",
        "z0,1000010,1", "Z2,1010000,8", "z2,1010000,8", "Z4,0,ffffffff", "Hg0", "T1", "qSupported:swbreak+;hwbreak+", "qXfer:features:read:target.xml:0,ffff", "qXfer:threads:read::0,10",
        "qXfer:exec-file:read:a410:0,100", "qRcmd,7768656e", "qRcmd,68656c70", "qRcmd,7870203020313030", "vFile:open:2f7265706c61796b69742f6b65726e656c,0,0", "vFile:pread:3,ffff,0", "vFile:close:3",
        "qfThreadInfo", "qC", "qThreadExtraInfo,1", "vMustReplyEmpty", "QPassSignals:", "R00", "A", "t", "F0", "!", "",
    ];

    [Fact]
    public void A_packet_is_found_behind_any_bytes()
    {
        Random random = new(1);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] noise = new byte[random.Next(60)];
            random.NextBytes(noise);
            PacketParser parser = new();
            foreach (byte value in noise.Append((byte)'#').Append((byte)'0').Append((byte)'0'))
            {
                parser.Take(value);
            }

            // A packet that follows may be taken for the rest of one that the noise began; the one behind that is whole.
            PacketKind last = PacketKind.None;
            foreach (byte value in Encoding.Latin1.GetBytes(Packet("m1,2") + Packet("qC}#$\x03")))
            {
                last = parser.Take(value);
            }

            Assert.Equal(PacketKind.Packet, last);
            Assert.Equal("qC}#$\x03", Encoding.Latin1.GetString(parser.Data));
        }
    }

    [Fact]
    public void A_wrong_checksum_and_a_packet_that_is_too_long_are_refused()
    {
        Assert.Equal(PacketKind.Damaged, Take("$g#00"));
        Assert.Equal(PacketKind.Damaged, Take("$g#zz"));
        Assert.Equal(PacketKind.Damaged, Take(Packet(new string('a', PacketParser.MaxBytes + 1))));
        Assert.Equal(PacketKind.Packet, Take(Packet(new string('a', PacketParser.MaxBytes))));
        Assert.Equal(PacketKind.Interrupt, Take("\x03"));
    }

    [Fact]
    public void Random_packets_do_not_end_the_session_and_change_nothing()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("REPLAYKIT_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) ? wanted : 3000;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("REPLAYKIT_FUZZ_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out int chosen) ? chosen : Environment.TickCount;
        Random random = new(seed);
        using DebuggedReplay replay = Open();
        Moment here = replay.Now;
        using GdbServer server = GdbServer.OnPort(0);
        Thread served = Serve(server, replay, once: true);
        using (GdbClient client = new(server.Target))
        {
            for (int i = 0; i < count; i++)
            {
                string packet = Mutate(Seeds[random.Next(Seeds.Length)], random);
                if (packet.Length > 0 && packet[0] is 'D' or 'k' || packet.StartsWith("vKill", StringComparison.Ordinal) || packet.StartsWith("QStart", StringComparison.Ordinal))
                {
                    continue;
                }

                Assert.True(client.Ask(packet) is not null && client.Ask("qC") == "QC1", $"not one answer to '{packet}' (REPLAYKIT_FUZZ_SEED={seed})");
            }

            Assert.StartsWith("T0", client.Ask("?"), StringComparison.Ordinal);
            Assert.Equal("OK", client.Ask("D"));
        }

        served.Join();
        replay.GoTo(new Moment(0));
        replay.GoTo(here);
        Assert.Equal(here, replay.Now);
        replay.Continue(Conditions.None);
        Assert.True(replay.IsAtEnd);
    }

    [Fact]
    public void Damaged_packets_are_asked_for_again_and_unknown_ones_answered_by_nothing()
    {
        using DebuggedReplay replay = Open();
        using GdbServer server = Serve(replay);
        using GdbClient client = new(server.Target);
        client.SendRaw("$qC#00");
        Assert.Equal('-', client.ReadByte());
        Assert.Equal("QC1", client.Ask("qC"));
        Assert.Equal("", client.Ask("vMustReplyEmpty"));
        Assert.Equal("E.memory of a recording cannot be changed; go-live lets the guest run on from here", client.Ask("M1000000,1:00"));
        Assert.StartsWith("l<?xml", client.Ask("qXfer:features:read:target.xml:0,fff0"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_documents_list_as_not_supported_is_answered_by_nothing()
    {
        string text = File.ReadAllText(Checkout.Path("docs", "gdb.md"));
        string table = text.Split("### Not supported")[1].Split("\n## ")[0];
        string[] packets = [.. table.Split('\n').Where(line => line.StartsWith('|')).SelectMany(line => Quoted().Matches(line.Split('|')[2]).Select(match => match.Groups[1].Value))];
        Assert.True(packets.Length > 60, $"{packets.Length} packets");
        using DebuggedReplay replay = Open();
        using GdbServer server = Serve(replay);
        using GdbClient client = new(server.Target);
        foreach (string packet in packets)
        {
            Assert.Equal((packet, ""), (packet, client.Ask(packet)));
        }

        Assert.Equal("QC1", client.Ask("qC"));
    }

    [Fact]
    public void Signals_that_gdb_passes_on_are_ignored()
    {
        using DebuggedReplay replay = Open();
        using GdbServer server = Serve(replay);
        using GdbClient client = new(server.Target);
        foreach (string packet in (string[])["s", "S05", "vCont;s:1", "vCont;S05:1"])
        {
            Moment here = replay.Now;
            Assert.StartsWith("T05", client.Ask(packet), StringComparison.Ordinal);
            Assert.True(replay.Now > here, packet);
            Assert.StartsWith("T05", client.Ask("bs"), StringComparison.Ordinal);
            Assert.Equal(here, replay.Now);
        }

        Assert.Contains("replaylog:end;", client.Ask("C05"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gdb_that_dies_while_the_replay_runs_leaves_the_server_to_the_next_one()
    {
        using DebuggedReplay replay = Open();
        using GdbServer server = Serve(replay);
        using (GdbClient first = new(server.Target))
        {
            // A watchpoint that the guest hits nowhere but near makes every access slow.
            Assert.Equal("OK", first.Ask("Z2,1010000,1"));
            first.SendRaw(Packet("bc"));
        }

        using GdbClient second = Connected(server.Target);
        Assert.StartsWith("T0", second.Ask("?"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_gdb_is_turned_away()
    {
        using DebuggedReplay replay = Open();
        using GdbServer server = Serve(replay);
        using GdbClient first = new(server.Target);
        Assert.Equal("QC1", first.Ask("qC"));
        using GdbClient second = new(server.Target);
        Assert.Null(second.Ask("qC"));
        Assert.Equal("QC1", first.Ask("qC"));
    }

    [Fact]
    public void Ctrl_C_stops_a_replay_that_runs()
    {
        using DebuggedReplay replay = Open();
        using GdbServer server = Serve(replay);
        using GdbClient client = new(server.Target);
        client.SendRaw(Packet("c") + "\x03");
        string? answer = client.Answer();
        Assert.True(answer?.StartsWith("T02", StringComparison.Ordinal) == true || answer?.Contains("replaylog:end", StringComparison.Ordinal) == true, answer);
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    private static GdbClient Connected(string target)
    {
        for (int tries = 0; ; tries++)
        {
            GdbClient client = new(target);
            if (client.Ask("qC") is not null)
            {
                return client;
            }

            client.Dispose();
            Assert.True(tries < 1000, "the server is still busy");
            Thread.Sleep(10);
        }
    }

    private static string Mutate(string packet, Random random)
    {
        StringBuilder text = new(packet);
        for (int changes = random.Next(4); changes > 0 && text.Length > 0; changes--)
        {
            int at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, 1);
                    break;
                case 1:
                    text.Insert(at, (char)random.Next(256));
                    break;
                case 2:
                    text[at] = "0123456789abcdef,;:+-"[random.Next(21)];
                    break;
                default:
                    text.Append(text.ToString(at, text.Length - at));
                    break;
            }
        }

        return text.ToString();
    }

    private static string Packet(string data) => GdbClient.Packet(data);

    private static PacketKind Take(string bytes)
    {
        PacketParser parser = new();
        PacketKind last = PacketKind.None;
        foreach (byte value in Encoding.Latin1.GetBytes(bytes))
        {
            last = parser.Take(value);
        }

        return last;
    }

    private static GdbServer Serve(DebuggedReplay replay)
    {
        GdbServer server = GdbServer.OnPort(0);
        _ = Serve(server, replay, once: false);
        return server;
    }

    private static Thread Serve(GdbServer server, DebuggedReplay replay, bool once)
    {
        Thread thread = new(() => server.Serve(replay, text => throw new ReplayKitException(305, ExitCode.WrongUsage, $"{text} is no place"), once: once)) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private DebuggedReplay Open() => new(RecordingFolder.Open(guest.Recording), new NoConsole(), new Position(0, 300_000));
}
