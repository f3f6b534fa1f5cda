using System.Collections.Immutable;
using System.CommandLine;
using Guest.Machine.Board;
using Vmm.Record;

namespace ReplayKit.Cli.Arguments;

/// <summary>The options of <c>record</c> and <c>run</c> that describe the machine and when its run ends.</summary>
internal sealed class MachineOptions
{
    private readonly Option<string?> vm = new("--vm")
    {
        Description = "Take the machine's options from a JSON file (docs/vm-file.md); those given here win.",
        HelpName = "FILE",
    };

    private readonly Option<string> kernel = new("--kernel")
    {
        Description = "The kernel: a bzImage (vmlinuz) or an ELF vmlinux.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string?> initrd = new("--initrd") { Description = "The initial RAM disk.", HelpName = "FILE" };

    private readonly Option<string> append = new("--append")
    {
        Description = "The kernel's command line.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => "console=ttyS0",
    };

    private readonly Option<string> memory = new("--memory")
    {
        Description = "The guest's memory.",
        HelpName = "SIZE",
        DefaultValueFactory = _ => "512M",
    };

    private readonly Option<int> cpus = new("--cpus") { Description = $"Virtual processors, 1 to {PcBoard.MaxCpus}.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private readonly Option<string?> schedule = new("--schedule")
    {
        Description = $"How several processors run: {ScheduleText.Form}. Parallel: each on a host thread of its own. In turns they share one; chaos varies the turns' length, which provokes races: the same for the same seed.",
        HelpName = "HOW",
    };

    private readonly Option<string> cpu = new("--cpu")
    {
        Description = "The CPU model: x86-64-v2 or x86-64-v3, with extras such as x86-64-v3,+la57.",
        HelpName = "MODEL",
        DefaultValueFactory = _ => "x86-64-v3",
    };

    private readonly Option<string> clock = new("--clock")
    {
        Description = "What the guest's time follows: the host's clock, or only its own instructions.",
        DefaultValueFactory = _ => "host",
    };

    private readonly Option<string[]> disk = new("--disk")
    {
        Description = $"A disk: {DiskText.Form}. The image is never changed unless asked for: what the guest writes goes to an overlay in the "
            + "recording (without one it is dropped), to a new qcow2 file (overlay), or into a raw image (write-through). May be repeated.",
        HelpName = "FILE[,...]",
    };

    private readonly Option<bool> writeThrough = new("--write-through")
    {
        Description = "What the guest writes goes into the images themselves; a recording keeps what they held before.",
    };

    private readonly Option<string[]> net = new("--net")
    {
        Description = $"A network device: {NetText.Form}. User: NAT to the host by passt, without root; ports of the host lead to the guest. "
            + "Stream: frames through a socket, as QEMU's -netdev stream. May be repeated.",
        HelpName = "KIND[,...]",
    };

    private readonly Option<string?> capture = CommonOptions.Capture();

    private readonly Option<string?> control = new("--control") { Description = "A Unix socket by which others control the machine: pause it, begin and end recordings (docs/control.md).", HelpName = "PATH" };

    private readonly Option<string> console = new("--console")
    {
        Description = "Where what is typed goes: the serial port (console=ttyS0), or a virtio console that knows the terminal's size (console=hvc0). What the guest writes to either is shown.",
        DefaultValueFactory = _ => "serial",
    };

    private readonly Option<string> onFull = new("--on-full")
    {
        Description = "What happens where a recording finds its disk full: the run stops, or the guest goes on unrecorded.",
        DefaultValueFactory = _ => "stop",
    };

    private readonly Option<bool> entropy = new("--entropy") { Description = "A virtio entropy device; what it gives is logged." };

    private readonly Option<string> engine = CommonOptions.Engine();

    private readonly Option<bool> statistics = CommonOptions.Statistics();

    private readonly Option<bool> unconfined = CommonOptions.Unconfined();

    private readonly Option<double?> seconds = new("--seconds") { Description = "End after this many seconds.", HelpName = "N" };

    private readonly Option<ulong?> instructions = new("--instructions") { Description = "End after this many instructions.", HelpName = "N" };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        clock.AcceptOnlyFromAmong("host", "virtual");
        console.AcceptOnlyFromAmong("serial", "virtio");
        onFull.AcceptOnlyFromAmong("stop", "continue");
        foreach (Option option in (ReadOnlySpan<Option>)[vm, kernel, initrd, append, memory, cpus, schedule, cpu, clock, disk, writeThrough, net, capture, control, onFull, console, entropy, engine, statistics, unconfined, seconds, instructions])
        {
            verb.Add(option);
        }
    }

    /// <summary>Reads and checks them.</summary>
    public MachineRequest Read(ParseResult parsed)
    {
        int vcpus = parsed.GetValue(cpus);
        if (vcpus is < 1 or > PcBoard.MaxCpus)
        {
            throw UsageError.TooManyVcpus(vcpus);
        }

        bool parallel = ScheduleText.IsParallel(parsed.GetValue(schedule), vcpus);
        if (parallel && parsed.GetRequiredValue(clock) == "virtual")
        {
            throw UsageError.Contradiction("--schedule parallel and --clock virtual: what runs in parallel takes the host's time");
        }

        ImmutableArray<DiskChoice> disks = Disks(parsed);
        bool goesOnWhenFull = parsed.GetRequiredValue(onFull) == "continue";
        if (goesOnWhenFull && disks.Any(choice => choice.WriteThrough))
        {
            throw UsageError.Contradiction("--on-full continue and write-through: a guest that went on unrecorded would overwrite what the recording needs of the image");
        }

        return new MachineRequest
        {
            Kernel = ExistingFile.Checked(parsed.GetRequiredValue(kernel), "--kernel"),
            Initrd = parsed.GetValue(initrd) is { } path ? ExistingFile.Checked(path, "--initrd") : null,
            CommandLine = parsed.GetRequiredValue(append),
            MemoryBytes = MemorySize.Parse(parsed.GetRequiredValue(memory)),
            Vcpus = vcpus,
            Turns = ScheduleText.Parse(parsed.GetValue(schedule), vcpus),
            Parallel = parallel,
            CpuModel = parsed.GetRequiredValue(cpu),
            Clock = parsed.GetRequiredValue(clock) == "virtual" ? ClockMode.Virtual : ClockMode.Host,
            Disks = disks,
            Networks = [.. (parsed.GetValue(net) ?? []).Select(NetText.Parse)],
            Capture = parsed.GetValue(capture),
            Control = parsed.GetValue(control),
            GoesOnWhenFull = goesOnWhenFull,
            VirtioConsole = parsed.GetRequiredValue(console) == "virtio",
            Entropy = parsed.GetValue(entropy),
            Engine = EngineReport.Counting(CommonOptions.ReadEngine(parsed.GetRequiredValue(engine)), parsed.GetValue(statistics)),
            Unconfined = parsed.GetValue(unconfined),
            Seconds = parsed.GetValue(seconds) is { } number ? Time(number) : null,
            Instructions = parsed.GetValue(instructions),
        };
    }

    /// <summary>A number of seconds.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0301: there is no such time.</exception>
    public static TimeSpan Time(double seconds) =>
        seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : throw UsageError.Wrong("--seconds takes a number above 0");

    private ImmutableArray<DiskChoice> Disks(ParseResult parsed)
    {
        bool through = parsed.GetValue(writeThrough);
        IEnumerable<DiskChoice> choices = (parsed.GetValue(disk) ?? []).Select(DiskText.Parse);
        return [.. choices.Select(choice => through && !choice.ReadOnly ? choice with { WriteThrough = true } : choice)];
    }
}
