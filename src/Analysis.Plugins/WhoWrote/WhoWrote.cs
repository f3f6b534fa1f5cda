using Guest.Machine;
using Guest.Machine.X86;
using Replay.Engine.Observe;

namespace Analysis.Plugins.WhoWrote;

/// <summary>Lists who wrote to some bytes of memory, with the instruction, the kernel's function and the thread.</summary>
public sealed class WhoWrote : IPlugin
{
    private readonly List<WriteRecord> _writes = [];
    private readonly ThreadLog _threads = new();
    private readonly WatchedMemory _memory;
    private readonly string _process;
    private ObservedGuest? _guest;

    /// <summary>Makes it.</summary>
    /// <param name="address">Which memory: a symbol of the kernel, or an address in hexadecimal: the kernel's, one of the process, or a physical one.</param>
    /// <param name="size">How many bytes.</param>
    /// <param name="process">The process that the address is of: its name or number.</param>
    /// <param name="physical">Whether the address is a guest-physical one.</param>
    public WhoWrote(string address, int size = 8, string process = "", bool physical = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (physical && process.Length > 0)
        {
            throw new ArgumentException("a physical address is of no process");
        }

        _process = process;
        _memory = new WatchedMemory(address, size, physical, process.Length > 0);
    }

    /// <inheritdoc/>
    public static string Name => "who-wrote";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        _guest = on.Guest;
        _threads.Subscribe(on);
        _memory.Find(_guest, _guest.Machine.Cpu);
        on.SpaceChanged((in occurred) => _memory.Find(_guest!, occurred.Vcpu));
        on.Accesses(Take, reads: false);
        on.Ended(RequireMemory);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        IReportTable table = new OwnTable(report);
        foreach (WriteRecord each in _writes)
        {
            each.Report(table);
        }
    }

    private void Take(ReadOnlySpan<AccessEvent> accesses)
    {
        foreach (ref readonly AccessEvent access in accesses)
        {
            if (_memory.IsTouchedBy(access) && IsOfProcess(access))
            {
                _writes.Add(WriteRecord.Of(access, _threads, _guest!));
            }
        }
    }

    private bool IsOfProcess(in AccessEvent access) =>
        _process.Length == 0 || (_threads.At(access.Vcpu, access.Order) is { } thread && (thread.Name == _process || $"{thread.Pid}" == _process));

    private void RequireMemory(ObservedGuest guest)
    {
        if (!_memory.IsFound && guest.Look(guest.Machine.Cpu) is not null)
        {
            throw new ReplayKitException(605, ExitCode.WrongUsage, "the guest's kernel has no such symbol, or nothing is mapped at the address");
        }
    }

    private sealed class OwnTable(IReport report) : IReportTable
    {
        public void Row(params ReadOnlySpan<(string Name, ReportValue Value)> columns) => report.Row(columns);
    }
}
