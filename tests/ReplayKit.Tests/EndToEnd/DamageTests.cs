using System.Diagnostics;
using System.Globalization;
using ReplayKit.Tests.Command;
using Xunit.Abstractions;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Killed recorders, cut logs, flipped bits, full disks: never a crash, never a wrong replay.</summary>
public sealed class DamageTests(TinyGuest guest, ITestOutputHelper output) : IClassFixture<TinyGuest>
{
    private const int Cuts = 20;
    private const int Flips = 20;

    // The long form: REPLAYKIT_KILLS=50 (bench/README.md).
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_KILLS") ?? "5", CultureInfo.InvariantCulture);

    [Fact]
    public async Task What_a_killed_recorder_leaves_replays_and_verifies_up_to_its_last_frame()
    {
        Random random = Seeded();
        for (int kill = 0; kill < Kills; kill++)
        {
            string name = $"killed-{kill}.rk";
            using Process process = ReplayKitCommand.Start(Path.GetTempPath(), guest.RecordArguments(name, "forever"));
            Task<string> text = process.StandardOutput.ReadToEndAsync();
            while (!File.Exists(Path.Combine(guest.File(name), "manifest.json")))
            {
                Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : null);
                Thread.Sleep(5);
            }

            Thread.Sleep(random.Next(2500));
            process.Kill();
            process.WaitForExit();
            CheckPrefix(guest.File(name), await text, "cut");
        }
    }

    [Fact]
    public void A_log_cut_anywhere_replays_up_to_its_last_whole_frame()
    {
        Random random = Seeded();
        int size = (int)new FileInfo(Segment(guest.Recording)).Length;
        for (int cut = 0; cut < Cuts; cut++)
        {
            string copy = guest.Copy($"cut-{cut}.rk");
            int length = random.Next(size);
            using (FileStream segment = File.OpenWrite(Segment(copy)))
            {
                segment.SetLength(length);
            }

            output.WriteLine($"cut at {length} of {size}");
            CheckPrefix(copy, guest.Recorded.Output, "cut");
        }
    }

    [Fact]
    public void A_flipped_bit_of_the_log_or_the_manifest_is_damage_with_its_offset()
    {
        Random random = Seeded();
        for (int flip = 0; flip < Flips; flip++)
        {
            string copy = guest.Copy($"flip-{flip}.rk");
            string file = flip % 4 == 3 ? Path.Combine(copy, "manifest.json") : Segment(copy);
            byte[] bytes = File.ReadAllBytes(file);
            int bit = random.Next(bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(file, bytes);
            output.WriteLine($"bit {bit} of {Path.GetFileName(file)}");
            CommandResult verify = ReplayKitCommand.Run("verify", copy);
            Assert.Equal(2, verify.ExitCode);
            Assert.Matches("^replaykit: RK0101: .* is damaged at offset [0-9]+", Assert.Single(verify.ErrorLines));
        }
    }

    [MountNamespaceFact]
    public async Task A_full_disk_stops_the_recording_by_name_and_keeps_what_was_written()
    {
        string room = guest.File("room");
        string kept = guest.File("full.rk");
        Directory.CreateDirectory(room);
        string[] record = guest.RecordArguments("room/full.rk", "forever", "--seconds", "60");
        string command = string.Join(' ', record.Prepend(ReplayKitCommand.Assembly).Prepend("dotnet").Select(word => $"'{word}'"));
        string script = $"mount -t tmpfs -o size=96k tmpfs '{room}' && {{ {command}; code=$?; cp -r '{room}/full.rk' '{kept}'; exit $code; }}";
        using Process process = Process.Start(new ProcessStartInfo("unshare", [.. MountNamespaceFactAttribute.Unshare!, "sh", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        Task<string> text = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 4, error);
        Assert.Contains("replaykit: RK0109: ", error, StringComparison.Ordinal);
        CheckPrefix(kept, await text, null);
    }

    /// <summary>Replays and verifies a recording; its console text must be where that of the live guest began.</summary>
    private static void CheckPrefix(string recording, string live, string? ended)
    {
        CommandResult verify = ReplayKitCommand.Run("verify", recording);
        Assert.True(verify.ExitCode == 0, verify.Error);
        CommandResult replay = ReplayKitCommand.Run("replay", recording);
        Assert.True(replay.ExitCode == 0, replay.Error);
        int common = Math.Min(replay.Output.Length, live.Length);
        Assert.Equal(live[..common], replay.Output[..common]);
        if (ended is not null)
        {
            Assert.Equal(ended, TinyGuest.Info(recording).GetProperty("ended").GetString());
        }
    }

    private static string Segment(string recording) => Directory.EnumerateFiles(Path.Combine(recording, "log")).Single();

    private Random Seeded()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
