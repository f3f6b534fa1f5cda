using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.Observe;

/// <summary>The plugin system-calls against strace inside the guest.</summary>
/// <param name="guest">The recording.</param>
public sealed class StraceTests(StraceGuest guest) : IClassFixture<StraceGuest>
{
    // Structures that strace spells out and the plugin shows by their address.
    private static readonly string[] s_notSpelledOut = ["sysinfo", "statfs", "sched_getaffinity"];

    [Fact]
    public void Every_call_that_strace_saw_is_there_with_the_same_arguments_and_result_in_the_same_order()
    {
        CommandResult analyze = ReplayKitCommand.Run("analyze", guest.Recording, "system-calls", "--out", guest.File("calls"));
        Assert.True(analyze.ExitCode == 0, analyze.Error);
        SortedDictionary<int, List<string>> expected = StraceText.OfStrace(guest.Trace);
        SortedDictionary<int, List<string>> actual = StraceText.OfPlugin(File.ReadLines(Path.Combine(guest.File("calls"), "system-calls.txt")));
        Assert.True(expected.Count > 20 && expected.Values.Sum(calls => calls.Count) > 1500, "strace saw next to nothing");
        foreach ((int thread, List<string> calls) in expected)
        {
            // The first thread was strace's own child before: what strace saw begins with the program.
            IEnumerable<string> found = actual[thread].SkipWhile(call => call != calls[0]);
            Assert.Equal(calls.Select(StraceText.WithoutArguments), found.Select(StraceText.WithoutArguments));
            Assert.Equal(calls.Select(Spelled), found.Select(Spelled));
        }

        string[] restarts = [.. actual.Values.SelectMany(calls => calls).Where(call => call.Contains("? ERESTART", StringComparison.Ordinal))];
        Assert.Contains(restarts, call => call.StartsWith("read(", StringComparison.Ordinal));
        Assert.Contains(File.ReadLines(Path.Combine(guest.File("calls"), "system-calls.txt")), line => line.Contains("--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---", StringComparison.Ordinal));
    }

    private static string Spelled(string call) => s_notSpelledOut.Any(name => call.StartsWith(name + "(", StringComparison.Ordinal)) ? StraceText.WithoutArguments(call) : call;
}
