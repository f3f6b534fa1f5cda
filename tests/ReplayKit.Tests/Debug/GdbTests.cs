using System.Text.RegularExpressions;

namespace ReplayKit.Tests.Debug;

/// <summary>A stock gdb on a recording of a stock kernel with address-space randomisation.</summary>
public sealed partial class GdbTests(VictimGuest guest) : IClassFixture<VictimGuest>
{
    [Fact]
    public void A_corruption_is_traced_from_the_crash_to_the_guilty_store_by_one_reverse_watchpoint()
    {
        string output = guest.Debug(
            "end",
            "process victim",
            "hbreak force_sig_fault",
            "reverse-continue",
            "symbols",
            "delete",
            "print/x state.pointer",
            "watch state.pointer",
            "reverse-continue",
            "info symbol $pc",
            "info line *$pc",
            "print index",
            "print/x value",
            "python gdb.execute('history of %d/40' % int(gdb.parse_and_eval('&state')))");
        Assert.Contains("force_sig_fault", output, StringComparison.Ordinal);
        Assert.Contains("$1 = 0x1004", output, StringComparison.Ordinal);
        Assert.Contains("Hardware watchpoint 2: state.pointer", output, StringComparison.Ordinal);
        Assert.Matches(@"Old value = \(int \*\) 0x1004\s+New value = \(int \*\) 0x[0-9a-f]+ <answer>", output);
        Assert.Matches(@"store( \+ \d+)? in section \.text of", output);
        Assert.Contains("= 4\n", output, StringComparison.Ordinal);
        Assert.Contains("= 0x1004\n", output, StringComparison.Ordinal);
        Assert.Equal(
            ["1000", "1001", "1002", "1003", "1004"],
            Written().Matches(output).Select(match => match.Groups[1].Value.TrimStart('0')));
    }

    [Fact]
    public void A_program_has_its_symbols_from_the_guests_own_memory()
    {
        string output = guest.Debug("end", "process victim", "hbreak force_sig_fault", "reverse-continue", "symbols", "info line use", "print answer");
        Assert.Contains("Reading /replaykit/process/bin/victim from remote target", output, StringComparison.Ordinal);
        Assert.Matches(@"Line \d+ of ""[^""]*victim.c"" starts at address 0x[0-9a-f]+ <use>", output);
        Assert.Contains("$1 = 42", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_of_the_kernel_is_stopped_in_by_name_forwards_and_backwards()
    {
        string output = guest.Debug(
            "60%",
            "hbreak do_sys_openat2",
            "continue",
            "backtrace 2",
            "when",
            "continue",
            "reverse-continue",
            "when",
            "info threads",
            "reverse-stepi",
            "stepi",
            "when");
        string[] whens = [.. When().Matches(output).Select(match => match.Value)];
        Assert.Equal(3, whens.Length);
        Assert.Single(whens.Distinct());
        Assert.Contains("#0  0x", output, StringComparison.Ordinal);
        Assert.Contains("in do_sys_openat2 ()", output, StringComparison.Ordinal);
        Assert.Matches(@"Thread 1 ""CPU 0, [\w-]+/\d+""", output);
    }

    [Fact]
    public void Registers_and_memory_are_shown_and_cannot_be_changed()
    {
        string output = guest.Debug(
            "70%",
            "info registers cr3",
            "print $ymm0",
            "info registers st0",
            "print/x linux_banner",
            "x/s &linux_banner",
            "set var *(char*)&linux_banner = 0",
            "x/s &linux_banner",
            "ps",
            "console",
            "monitor nonsense");
        Assert.Contains("cr3 ", output, StringComparison.Ordinal);
        Assert.Contains("v8_float", output, StringComparison.Ordinal);
        Assert.Contains("Cannot access memory at address", output, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(output, "\"Linux version 6"));
        Assert.Contains("swapper/0", output, StringComparison.Ordinal);
        Assert.Contains("monitor when", output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"wrote 0x([0-9a-f]{16}) to ")]
    private static partial Regex Written();

    [GeneratedRegex(@"0:[0-9a-f]+, \d+ instructions: 0x[0-9a-f]+ <do_sys_openat2\+0>")]
    private static partial Regex When();
}
