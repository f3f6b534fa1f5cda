using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Guest.Linux;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Modules;
using Guest.Linux.Symbols;
using Guest.Linux.Tasks;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Log;
using Xunit.Abstractions;

namespace ReplayKit.Tests.Names;

/// <summary>
/// What we read out of the memory of stopped guests against what their kernels said themselves, by trace and /proc. The long form:
/// REPLAYKIT_NAMES_GAP=10000 (instructions between positions, on average), REPLAYKIT_NAMES_SEED=7, REPLAYKIT_NAMES_CLOCK=host.
/// </summary>
[Collection(nameof(NamesCollection))]
public sealed class ProcessNamesTests(NamesGuest guest, ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(NamesGuest.Kernels), MemberType = typeof(NamesGuest))]
    public void At_random_positions_tasks_parents_names_and_mapped_files_are_what_the_guest_said(string version)
    {
        GuestTruth truth = guest.Truth(version);
        GuestMoment moment = new(truth);
        int seed = Option("REPLAYKIT_NAMES_SEED", 1);
        Random random = new(seed);
        ulong end = truth.Events.Last(each => each.Text.StartsWith("sched_switch", StringComparison.Ordinal)).Time;
        Tally tally = new();
        using Replayer replayer = Open(version);
        LinuxGuest linux = new(replayer.Machine.Memory);
        RunToTime(replayer, truth.Start);
        while (replayer.Machine.Clock.Now < end)
        {
            LinuxKernel kernel = linux.Look(replayer.Machine.Cpu)!;
            moment.MoveTo(replayer.Machine.Clock.Now);
            string place = $"{version}, seed {seed}, position {replayer.Machine.Position}, time {moment.Time}";
            CheckCurrent(kernel, replayer.Machine, moment, place, tally);
            CheckTasks(kernel, moment, place, tally);
            CheckMaps(kernel, truth, moment, place, tally);
            replayer.Run(new Position(0, replayer.Machine.Position.Retired + (ulong)random.Next(1, 2 * Option("REPLAYKIT_NAMES_GAP", 60_000))));
        }

        output.WriteLine($"{tally}");
        Assert.True(tally.Positions >= 1000, $"{tally}");
        Assert.True(tally.Certain > tally.Positions * 8 / 10, $"{tally}");
        Assert.True(tally.Maps > tally.Positions && tally.MapsOfCurrent > tally.Positions / 10, $"{tally}");
    }

    [Theory]
    [MemberData(nameof(NamesGuest.Kernels), MemberType = typeof(NamesGuest))]
    public void Symbols_and_modules_are_what_proc_says(string version)
    {
        GuestTruth truth = guest.Truth(version);
        using Replayer replayer = Open(version);
        RunToTime(replayer, truth.Events[^1].Time);
        LinuxKernel kernel = new LinuxGuest(replayer.Machine.Memory).Look(replayer.Machine.Cpu)!;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < kernel.Symbols.Count; i++)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Line(kernel.Symbols[i])}\n"));
        }

        Assert.Equal(truth.KernelSymbols, Convert.ToHexStringLower(hash.GetHashAndReset()));
        KernelModule module = Assert.Single(kernel.Modules.All().Items);
        string[] words = truth.Modules.Split(' ');
        Assert.Equal((words[0], ModuleState.Live, words[5]), (module.Name, module.State, $"0x{module.Parts[0].Start.Value:x}"));
        Assert.NotEmpty(truth.ModuleSymbols);
        foreach (string line in truth.ModuleSymbols)
        {
            ulong address = ulong.Parse(line.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            KernelSymbol at = kernel.SymbolAt(new GuestVirtual(address))!;
            Assert.Equal((address, "loop"), (at.Address.Value, at.Module));
            Assert.Contains(truth.ModuleSymbols, other => other == $"{Line(at)}\t[loop]");
        }
    }

    [Theory]
    [MemberData(nameof(NamesGuest.Kernels), MemberType = typeof(NamesGuest))]
    public void From_the_first_instruction_on_the_answer_is_not_yet_or_right(string version)
    {
        using Replayer replayer = Open(version);
        LinuxGuest linux = new(replayer.Machine.Memory);
        ulong found = 0;
        GuestTask? last = null;
        for (ulong retired = 0; found == 0 || retired < found + 150_000_000; retired += retired < 200_000 ? 20_000u : 2_000_000u)
        {
            replayer.Run(new Position(0, retired));
            LinuxKernel? kernel = linux.Look(replayer.Machine.Cpu);
            Assert.False(kernel is null && found > 0, $"{replayer.Machine.Position}: {linux.Missing}");
            if (kernel is null)
            {
                Assert.StartsWith("not yet", linux.Missing, StringComparison.Ordinal);
                continue;
            }

            found = found == 0 ? retired : found;
            Assert.StartsWith(version + ".", kernel.Release, StringComparison.Ordinal);
            last = kernel.Tasks.Current(replayer.Machine.Cpu)!;
            Assert.True(last.Name.StartsWith("swapper", StringComparison.Ordinal) || last.Pid > 0, $"{replayer.Machine.Position}: {last}");
            Listing<GuestTask> all = kernel.Tasks.Processes();
            Assert.True(all.IsComplete, all.Missing);
            Assert.StartsWith("swapper", all.Items[0].Name, StringComparison.Ordinal);
        }

        Assert.True(last!.Pid > 0 || last.Name == "swapper/0", $"{last}");
    }

    private static void CheckCurrent(LinuxKernel kernel, VirtualMachine machine, GuestMoment moment, string place, Tally tally)
    {
        GuestTask current = kernel.Tasks.Current(machine.Cpu)!;
        Assert.True(moment.Running.Contains(current.Tid), $"{place}: current is {current.Tid} {current.Name}, the trace says {string.Join(" or ", moment.Running)} (last switch {moment.LastSwitch})");
        tally.Positions++;
        tally.Certain += moment.Running.Count == 1 ? 1 : 0;
        tally.User += machine.Cpu.State.Cpl == 3 ? 1 : 0;
    }

    private static void CheckTasks(LinuxKernel kernel, GuestMoment moment, string place, Tally tally)
    {
        Listing<GuestTask> processes = kernel.Tasks.Processes();
        Assert.True(processes.IsComplete, $"{place}: {processes.Missing}");
        List<GuestTask> tasks = [.. processes.Items.SelectMany(process => kernel.Tasks.Threads(process).Items)];
        foreach (GuestTask task in tasks.Where(task => task.Tid != 0))
        {
            if (moment.Of(task.Tid) is not { } known)
            {
                Assert.True(moment.IsAboutToStart(task.Tid), $"{place}: {task} is not in the guest's trace");
                continue;
            }

            Assert.Equal((place, known.Pid, known.ParentPid), (place, task.Pid, task.ParentPid));
            Assert.True(moment.MayBeCalled(task.Tid, task.Name), $"{place}: {task} is called {string.Join(" or ", moment.NamesOf(task.Tid))} in the trace");
            tally.Tasks++;
        }

        Assert.Equal([], moment.Alive.Except(tasks.Select(task => task.Tid)));
    }

    private static void CheckMaps(LinuxKernel kernel, GuestTruth truth, GuestMoment moment, string place, Tally tally)
    {
        foreach (GuestInterval interval in truth.Intervals.Where(each => each.From <= moment.Time && moment.Time < each.To))
        {
            GuestTask process = kernel.Tasks.Find(interval.Pid) ?? throw new InvalidOperationException($"{place}: there is no process {interval.Pid}");
            Assert.Equal((place, interval.ParentPid), (place, process.ParentPid));
            Listing<MappedArea> areas = kernel.AddressSpaces.Of(process)!.Areas();
            Assert.True(areas.IsComplete, $"{place}: {areas.Missing}");
            string ours = string.Join('\n', areas.Items.Select(Line));
            string theirs = string.Join('\n', interval.Maps.Select(line => string.Join(' ', line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries))));
            Assert.True(ours == theirs, $"{place}, process {interval.Pid}, {interval.What}:\n{ours}\n\nthe guest says\n{theirs}");
            tally.Maps++;
            tally.MapsOfCurrent += moment.Running.Contains(interval.Pid) ? 1 : 0;
        }
    }

    private static string Line(MappedArea area) => string.Create(CultureInfo.InvariantCulture,
        $"{area.Start.Value:x8}-{area.End.Value:x8} {area.RightsText} {area.FileOffset:x8} {area.File?.Identity.Major ?? 0:x2}:{area.File?.Identity.Minor ?? 0:x2} {area.File?.Identity.Inode ?? 0} {area.Name}").TrimEnd();

    private static string Line(KernelSymbol symbol) => string.Create(CultureInfo.InvariantCulture, $"{symbol.Address.Value:x16} {symbol.Type} {symbol.Name}");

    private Replayer Open(string version) => new(RecordingFolder.Open(guest.Recording(version), upToDamage: false), new Determinism.Silence());

    // To the first position from which on the guest's clock shows that time, give or take the step.
    private static void RunToTime(Replayer replayer, ulong time)
    {
        while (replayer.Machine.Clock.Now < time)
        {
            replayer.Run(new Position(0, replayer.Machine.Position.Retired + 100_000));
        }
    }

    private static int Option(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out int value) ? value : otherwise;

    private sealed class Tally
    {
        public int Positions { get; set; }

        public int Certain { get; set; }

        public int User { get; set; }

        public int Tasks { get; set; }

        public int Maps { get; set; }

        public int MapsOfCurrent { get; set; }

        public override string ToString() => $"{Positions} positions ({User} in user mode), {Certain} outside a switch; {Tasks} tasks, {Maps} address spaces ({MapsOfCurrent} of the current process) compared";
    }
}
