using System.Globalization;
using System.Text.Json;

namespace ReplayKit.Tests.Observe;

/// <summary>The plugins system-calls, timeline and interrupts against what strace and the kernel said inside the guest.</summary>
/// <param name="guest">The recording.</param>
public sealed class StraceTests(StraceGuest guest) : IClassFixture<StraceGuest>
{
    // Structures that strace spells out and the plugin shows by their address.
    private static readonly string[] s_notSpelledOut = ["sysinfo", "statfs", "sched_getaffinity"];

    [Fact]
    public void Every_call_that_strace_saw_is_there_with_the_same_arguments_and_result_in_the_same_order()
    {
        SortedDictionary<int, List<string>> expected = StraceText.OfStrace(guest.Trace);
        SortedDictionary<int, List<string>> actual = StraceText.OfPlugin(File.ReadLines(Path.Combine(guest.Results, "system-calls.txt")));
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
        Assert.Contains(File.ReadLines(Path.Combine(guest.Results, "system-calls.txt")), line => line.Contains("--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---", StringComparison.Ordinal));
    }

    [Fact]
    public void The_timeline_has_each_fork_and_exit_that_strace_saw_and_its_slices_fill_the_time()
    {
        SortedDictionary<int, List<string>> threads = StraceText.OfStrace(guest.Trace);
        Dictionary<string, string>[] events = [.. guest.Rows("timeline-events")];
        foreach (int thread in threads.Keys)
        {
            string tid = $"{thread}";
            Assert.Contains(events, each => each["kind"] == "fork" && each["tid"] == tid);
            Assert.Equal(threads[thread].Exists(call => call.StartsWith("+++", StringComparison.Ordinal)), events.Any(each => each["kind"] == "exit" && each["tid"] == tid));
        }

        ulong end = 0;
        foreach (Dictionary<string, string> slice in guest.Rows("timeline"))
        {
            Assert.Equal(end, ulong.Parse(slice["from_order"], CultureInfo.InvariantCulture));
            end = ulong.Parse(slice["to_order"], CultureInfo.InvariantCulture);
        }
    }

    // The Trace Event Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    [Fact]
    public void The_timeline_is_a_trace_in_the_Trace_Event_Format()
    {
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(guest.Results, "timeline.json")));
        Assert.Equal("ns", trace.RootElement.GetProperty("displayTimeUnit").GetString());
        Dictionary<(int, int), decimal> ends = [];
        foreach (JsonElement each in trace.RootElement.GetProperty("traceEvents").EnumerateArray())
        {
            (int, int) track = (each.GetProperty("pid").GetInt32(), each.GetProperty("tid").GetInt32());
            Assert.NotEmpty(each.GetProperty("name").GetString()!);
            switch (each.GetProperty("ph").GetString())
            {
                case "M":
                    Assert.True(each.GetProperty("name").GetString() is "process_name" or "thread_name");
                    Assert.NotEmpty(each.GetProperty("args").GetProperty("name").GetString()!);
                    break;
                case "i":
                    Assert.Equal("t", each.GetProperty("s").GetString());
                    Assert.True(each.GetProperty("ts").GetDecimal() >= 0);
                    break;
                default:
                    Assert.Equal("X", each.GetProperty("ph").GetString());
                    decimal begin = each.GetProperty("ts").GetDecimal();
                    Assert.True(begin >= ends.GetValueOrDefault(track) && each.GetProperty("dur").GetDecimal() >= 0, "slices of a track overlap");
                    ends[track] = begin + each.GetProperty("dur").GetDecimal();
                    break;
            }
        }

        Assert.True(ends.Count > 26, "next to nothing ran");
    }

    [Theory]
    [InlineData("ttyS0", "irq 4 ttyS0")]
    [InlineData("Local timer interrupts", "local timer")]
    public void There_are_as_many_interrupts_as_the_guest_counted(string line, string handler)
    {
        string[] words = guest.Interrupts.Single(each => each.EndsWith(line, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double counted = double.Parse(words[1], CultureInfo.InvariantCulture);
        double seen = double.Parse(guest.Rows("interrupts").Single(row => row["handler"] == handler)["count"], CultureInfo.InvariantCulture);

        // A few more came while the guest printed its counts and switched itself off.
        Assert.InRange(seen, counted, counted * 1.05);
    }

    private static string Spelled(string call) => s_notSpelledOut.Any(name => call.StartsWith(name + "(", StringComparison.Ordinal)) ? StraceText.WithoutArguments(call) : call;
}
