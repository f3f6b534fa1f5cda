using System.Text.RegularExpressions;
using ReplayKit.Tests.Command;

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
            "history of state",
            "history of state.table[1]/1",
            "who-wrote $rsp + nothing",
            "stepi",
            "who-wrote state.pointer");
        Assert.Contains("force_sig_fault", output, StringComparison.Ordinal);
        Assert.Contains("$1 = 0x1004", output, StringComparison.Ordinal);
        Assert.Contains("Hardware watchpoint 2: state.pointer", output, StringComparison.Ordinal);
        Assert.Matches(@"Old value = \(int \*\) 0x1004\s+New value = \(int \*\) 0x[0-9a-f]+ <answer>", output);
        Assert.Matches(@"store( \+ \d+)? in section \.text of", output);
        Assert.Contains("= 4\n", output, StringComparison.Ordinal);
        Assert.Contains("= 0x1004\n", output, StringComparison.Ordinal);
        Assert.Equal(
            ["1000", "1001", "1002", "1003", "1004"],
            Written().Matches(output).Take(5).Select(match => match.Groups[1].Value.TrimStart('0')));
        Assert.Equal(7, Regex.Count(output, @"0:[0-9a-f]+  0x[0-9a-f]+ <store\+\d+> at [^\n]*victim\.c:9  wrote 0x[0-9a-f]{16} to 0x[0-9a-f]+"));
        Assert.Contains("No symbol \"nothing\" in current context.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_has_its_symbols_from_the_guests_own_memory()
    {
        string output = guest.Debug("end", "process victim", "hbreak force_sig_fault", "reverse-continue", "symbols", "info line use", "print answer");
        Assert.Contains("Reading /bin/victim from remote target", output, StringComparison.Ordinal);
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
    public void A_process_has_its_threads_with_names_registers_and_the_symbols_of_program_and_libraries()
    {
        string output = guest.DebugProcess("pair", WhereThePairIsBusy(), "info threads", "info sharedlibrary", "info auxv", "print counts", "thread 1", "backtrace -5", "info registers ds", "thread 3", "backtrace -3");
        Assert.Matches(@"1 +Thread \d+ ""pair, sleeping"" ", output);
        Assert.Matches(@"\* 2 +Thread \d+ ""first, running"" +0x[0-9a-f]+ in __x64_sys_getppid \(\)", output);
        Assert.Matches(@"3 +Thread \d+ ""second, sleeping"" ", output);
        Assert.Matches(@"Yes.*target:/lib/x86_64-linux-gnu/libc\.so\.6", output);
        Assert.Matches(@"AT_EXECFN .*""/bin/pair""", output);
        Assert.Contains("$1 = {1000, 0}", output, StringComparison.Ordinal);
        Assert.Matches(@"#\d+ +0x[0-9a-f]+ in main \(\) at [^\n]*pair\.c:41", output);
        Assert.Matches(@"#\d+ +0x[0-9a-f]+ in worker \(argument=0x1\) at [^\n]*pair\.c:25", output);
        Assert.Matches(@"ds +<unavailable>", output);
    }

    [Fact]
    public void A_thread_that_does_not_run_is_stepped_where_it_goes_on_and_back_again()
    {
        string output = guest.DebugProcess("pair", WhereThePairIsBusy(), "thread 1", "print/x $pc", "stepi", "when", "print/x $pc", "stepi", "when", "reverse-stepi", "when", "print/x $pc", "print/x $sp", "reverse-stepi", "reverse-stepi", "when");
        string[] counters = [.. Value().Matches(output).Select(match => match.Groups[1].Value)];
        string[] whens = [.. Place().Matches(output).Select(match => match.Groups[1].Value)];
        string[] tasks = [.. Place().Matches(output).Select(match => match.Groups[2].Value)];
        Assert.Equal(4, counters.Length);
        Assert.Equal(counters[0], counters[1]);
        Assert.Equal(counters[0], counters[2]);
        Assert.Equal(whens[0], whens[2]);
        Assert.NotEqual(whens[0], whens[1]);
        Assert.Equal(["pair", "pair", "pair", "pair"], tasks);
    }

    [Fact]
    public void A_breakpoint_in_a_program_stops_each_of_its_threads_and_no_other_process()
    {
        string output = guest.DebugProcess("pair", WhereThePairIsBusy(), "break count", "reverse-continue", "print *place", "backtrace 2", "next", "next", "step", "print counts", "reverse-continue", "reverse-finish", "delete", "tbreak count if place == &counts[1]", "continue", "print counts");
        Assert.Contains("Thread 2 \"first, running\" hit Breakpoint 1, count (place=", output, StringComparison.Ordinal);
        Assert.Contains("$1 = 999", output, StringComparison.Ordinal);
        Assert.Contains("$2 = {1000, 0}", output, StringComparison.Ordinal);
        Assert.Matches(@"\n0x[0-9a-f]+ in worker \(argument=0x0\) at [^\n]*pair\.c:26\n", output);
        Assert.Contains("Thread 3 \"second, running\" hit Temporary breakpoint 2, count (place=", output, StringComparison.Ordinal);
        Assert.Contains("$3 = {1000, 0}", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Callers_are_found_in_the_kernel_and_through_a_system_call_in_the_program()
    {
        string output = guest.DebugProcess("pair", WhereThePairIsBusy(), "backtrace", "finish", "reverse-finish", "x/i $pc");
        Assert.Matches(
            @"#0 +0x[0-9a-f]+ in __x64_sys_getppid \(\)\s+#1 +0x[0-9a-f]+ in do_syscall_64 \(\)\s+#2 +<signal handler called>\s+#3 [^\n]*getppid \(\)[^\n]*\s+#4 +0x[0-9a-f]+ in worker \(argument=0x0\) at [^\n]*pair\.c:28",
            output);
        Assert.Matches(@"\n0x[0-9a-f]+ in do_syscall_64 \(\)\n<signal handler called>\n=> 0x[0-9a-f]+ <entry_SYSCALL_64_after_hwframe\+\d+>:\s+call +0x[0-9a-f]+ <do_syscall_64>", output);
    }

    [Fact]
    public void The_callers_of_what_a_kernels_thread_does_end_at_its_first_function()
    {
        string output = guest.Debug("end", "hbreak process_one_work", "reverse-continue", "backtrace", "info registers rbx", "up", "info registers rbx");
        Assert.Matches(@"#0 +0x[0-9a-f]+ in process_one_work \(\)\s+#1 +0x[0-9a-f]+ in worker_thread \(\)\s+#2 +0x[0-9a-f]+ in kthread \(\)\s+#3 +0x[0-9a-f]+ in ret_from_fork[a-z_]* \(\)\s+rbx +0x", output);
        Assert.Matches(@"rbx +<not saved>", output);
    }

    [Fact]
    public void A_function_of_a_module_is_stopped_in_by_name()
    {
        string output = guest.Debug("end", "hbreak devm_pvpanic_probe", "reverse-continue", "backtrace", "info symbol devm_pvpanic_probe");
        Assert.Contains("Breakpoint 1, 0x", output, StringComparison.Ordinal);
        Assert.Matches(@"#0  0x[0-9a-f]+ in devm_pvpanic_probe \(\)\s+#1  0x[0-9a-f]+ in local_pci_probe \(\)[\s\S]* in do_syscall_64 \(\)\s+#\d+ +<signal handler called>", output);
        Assert.Contains("devm_pvpanic_probe in section .modules", output, StringComparison.Ordinal);
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

    [Fact]
    public void A_watchpoint_on_a_programs_memory_sees_what_the_kernel_writes_there()
    {
        string output = guest.DebugProcess("pair", WhereThePairIsBusy(), "watch about.sysname[0]", "continue", "info symbol $pc", "reverse-continue", "info symbol $pc", "history of about.sysname[0]");
        Assert.Matches(@"hit Hardware watchpoint 1: about\.sysname\[0\]\s+Old value = 0 '\\000'\s+New value = 76 'L'", output);
        Assert.Matches(@"hit Hardware watchpoint 1: about\.sysname\[0\]\s+Old value = 76 'L'\s+New value = 0 '\\000'", output);
        Assert.Equal(2, Regex.Count(output, @" in section \.text of target:/replaykit/kernel"));
        Assert.Matches(@"0:[0-9a-f+]+  0x[0-9a-f]+ <[^>]*copy[^>]*>[^\n]*  wrote 0x[0-9a-f]*4c to ", output);
    }

    [Fact]
    public void The_guest_goes_live_from_within_the_session_which_stands_where_it_stood()
    {
        using TemporaryFolder folder = new();
        string child = folder.File("it's new.rk");
        string output = guest.Debug("end", "process victim", "hbreak force_sig_fault", "reverse-continue", "when", $"go-live {child}", "when", "monitor go-live");
        string[] whens = [.. Place().Matches(output).Select(match => match.Groups[1].Value)];
        Assert.Equal(2, whens.Length);
        Assert.Equal(whens[0], whens[1]);
        Assert.Contains("counted to 1000 and 1000", output, StringComparison.Ordinal);
        Assert.Matches(@"replaykit replay '/[^']*/victim\.rk' --live-from 0:[0-9a-f]+\n", output);
        Assert.Contains("recorded in " + child, output, StringComparison.Ordinal);
        CommandResult verify = ReplayKitCommand.Run("verify", child);
        Assert.True(verify.ExitCode == 0, verify.Error);
    }

    [Fact]
    public void A_moment_with_a_name_is_gone_back_to_and_memory_is_shown_by_its_physical_address()
    {
        string output = guest.Debug("70%", "when", "monitor checkpoint here", "monitor restart", "goto here", "when", "translate linux_banner", "python gdb.execute('xp %s 13' % gdb.execute('translate linux_banner', to_string=True).strip())");
        string[] whens = [.. Place().Matches(output).Select(match => match.Groups[1].Value)];
        Assert.Equal(whens[0], whens[^1]);
        Assert.Contains("0:0, 0 instructions", output, StringComparison.Ordinal);
        Assert.Contains("0x", output, StringComparison.Ordinal);
        Assert.Contains(": " + Convert.ToHexStringLower("Linux version"u8), output, StringComparison.Ordinal);
    }

    // The first of its threads is at its last system call, the other one waits to begin.
    private string WhereThePairIsBusy() => guest.PairIsBusyAt ??=
        Place().Matches(guest.Debug("end", "process pair", "hbreak __x64_sys_getppid", "reverse-continue", "reverse-continue", "when"))[^1].Groups[1].Value;

    [GeneratedRegex(@"(0:[0-9a-f+]+), \d+ instructions: 0x[0-9a-f]+(?: <[^>]+>)? in ([\w-]+)/\d+")]
    private static partial Regex Place();

    [GeneratedRegex(@"\$\d+ = (0x[0-9a-f]+)")]
    private static partial Regex Value();

    [GeneratedRegex(@"wrote 0x([0-9a-f]{16}) to ")]
    private static partial Regex Written();

    [GeneratedRegex(@"0:[0-9a-f]+, \d+ instructions: 0x[0-9a-f]+ <do_sys_openat2\+0>")]
    private static partial Regex When();
}
