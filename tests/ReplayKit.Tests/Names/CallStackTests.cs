using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Guest.Linux;
using Guest.Linux.Tasks;
using Guest.Linux.Unwinding;
using Guest.Machine;
using Guest.Machine.X86;
using Replay.Engine;
using Replay.Log;
using ReplayKit.Tests.Command;
using Xunit.Abstractions;

namespace ReplayKit.Tests.Names;

/// <summary>Call stacks of kernels and programs against stock gdb's at the same positions. The long form: REPLAYKIT_STACKS=100 (positions), REPLAYKIT_NAMES_SEED=7.</summary>
[Collection(nameof(NamesCollection))]
public sealed partial class CallStackTests(NamesGuest guest, ITestOutputHelper output)
{
    private static readonly int s_positions = Option("REPLAYKIT_STACKS", 3);

    [Theory]
    [MemberData(nameof(NamesGuest.Kernels), MemberType = typeof(NamesGuest))]
    public void At_random_positions_callers_in_kernel_and_program_are_gdbs(string version)
    {
        string recording = guest.Recording(version);
        if (s_positions > 10 && !Directory.Exists(Path.Combine(recording, "checkpoints")))
        {
            CommandResult made = ReplayKitCommand.Run("checkpoint", recording, "--every", "200ms");
            Assert.True(made.ExitCode == 0, made.Error);
        }

        RecordingFolder folder = RecordingFolder.Open(recording);
        ulong end = folder.Summary.Last.Retired;
        Random random = new(Option("REPLAYKIT_NAMES_SEED", 1));
        using Replayer replayer = new(folder, new NoConsole());
        LinuxGuest linux = new(replayer.Machine.Memory);
        (int stacks, int whole, int inPrograms, int frames) = (0, 0, 0, 0);
        List<string> differ = [];
        List<string> ends = [];
        foreach (ulong position in Positions(folder, random, end))
        {
            replayer.Run(new Position(0, position));
            Vcpu cpu = replayer.Machine.Cpu;
            LinuxKernel kernel = linux.Look(cpu)!;
            StackReader reader = new(kernel);
            GuestTask current = kernel.Tasks.Current(cpu)!;
            bool isProgram = current.AddressSpace is not null;
            Dictionary<int, (string End, ulong[] Addresses)> theirs = Gdb(recording, position, isProgram ? current.Pid : null);
            List<(int Tid, CallStack Stack)> ours = [(isProgram ? current.Tid : theirs.Keys.Single(), reader.Of(cpu))];
            if (isProgram && kernel.Tasks.Find(current.Pid) is { } process)
            {
                ours.AddRange(kernel.Tasks.Threads(process).Items.Where(task => task.Tid != current.Tid).Select(task => (task.Tid, reader.OfProgram(task))));
            }

            foreach ((int tid, CallStack stack) in ours)
            {
                (string why, ulong[] addresses) = theirs[tid];
                ulong[] own = [.. stack.Frames.Select(frame => frame.Pc.Value)];
                stacks++;
                whole += stack.IsWhole ? 1 : 0;
                inPrograms += stack.Frames.Any(frame => (long)frame.Pc.Value >= 0) ? 1 : 0;
                frames += own.Length;

                // Where nothing says who the caller is gdb guesses, and we do not.
                bool isPart = !stack.IsWhole && own.Length < addresses.Length && addresses.AsSpan().StartsWith(own);
                ends.AddRange(isPart ? [$"{version}, 0:{position:x}, {current.Name}: {stack.End}; gdb goes on with {Text(addresses[own.Length..])}"] : []);
                if (!isPart && !own.SequenceEqual(addresses))
                {
                    differ.Add($"{version}, 0:{position:x}, {current.Name}, thread {tid}:\n  ours {Text(own)} ({stack.End})\n  gdb  {Text(addresses)} ({why})");
                }
            }
        }

        ends.ForEach(output.WriteLine);
        output.WriteLine($"{version}: {s_positions} positions, {stacks} stacks, {frames} frames; {inPrograms} in programs, {whole} down to the first function, {ends.Count} end where gdb goes on");
        Assert.True(differ.Count == 0, $"{differ.Count} of {stacks} differ\n{string.Join('\n', differ.Take(20))}");
        Assert.True(frames > 4 * stacks, $"{frames} frames of {stacks} stacks");
    }

    // Half of them anywhere, half of them while a program runs that has call frame information, as busybox has not for its own functions.
    private static ulong[] Positions(RecordingFolder folder, Random random, ulong end)
    {
        const ulong Step = 1_000_000;
        List<ulong> ran = [];
        using Replayer replayer = new(folder, new NoConsole());
        LinuxGuest linux = new(replayer.Machine.Memory);
        for (ulong position = end / 2; position < end - Step; position += Step)
        {
            replayer.Run(new Position(0, position));
            if (linux.Look(replayer.Machine.Cpu)?.Tasks.Current(replayer.Machine.Cpu)?.Name.StartsWith("worker", StringComparison.Ordinal) == true)
            {
                ran.Add(position);
            }
        }

        Assert.True(ran.Count > 20, $"the worker was seen {ran.Count} times");
        return [.. Enumerable.Range(0, s_positions)
            .Select(i => i % 2 == 0 ? ran[random.Next(ran.Count)] + (ulong)random.NextInt64((long)Step / 10) : (ulong)random.NextInt64((long)(end / 2), (long)(end * 0.98))).Order()];
    }

    private static Dictionary<int, (string End, ulong[] Addresses)> Gdb(string recording, ulong position, int? pid)
    {
        string[] process = pid is { } number ? ["--process", number.ToString(CultureInfo.InvariantCulture)] : [];
        ProcessStartInfo start = new("dotnet", [ReplayKitCommand.Assembly, "debug", recording, "--at", $"0:{position:x}", .. process, "--", "-nh", "-batch", "-x", Checkout.Path("tests", "ReplayKit.Tests", "Names", "stacks.py")])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process gdb = Process.Start(start)!;
        gdb.StandardInput.Close();
        Task<string> error = gdb.StandardError.ReadToEndAsync();
        string text = gdb.StandardOutput.ReadToEnd();
        gdb.WaitForExit();
        Assert.True(gdb.ExitCode == 0, text + error.GetAwaiter().GetResult());
        return Stack().Matches(text).ToDictionary(
            match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
            match => (match.Groups[2].Value, match.Groups[3].Value.Split(' ').Select(word => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray()));
    }

    private static string Text(ulong[] addresses) => string.Join(' ', addresses.Select(address => address.ToString("x", CultureInfo.InvariantCulture)));

    private static int Option(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out int value) ? value : otherwise;

    [GeneratedRegex(@"^stack (\d+) ([^:]*): (.*)$", RegexOptions.Multiline)]
    private static partial Regex Stack();
}
