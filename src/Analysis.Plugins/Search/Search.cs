using Analysis.Plugins.WhoWrote;
using Guest.Machine;
using Guest.Machine.Memory;
using Guest.Machine.X86;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Search;

/// <summary>Finds where and when some bytes are in memory, who wrote them and when they were overwritten.</summary>
public sealed class Search : IPlugin
{
    private readonly byte[] _pattern;
    private readonly byte[] _page = new byte[GuestMemory.PageBytes];
    private readonly MemoryWrites _writes = new();
    private readonly ThreadLog _threads = new();
    private readonly Dictionary<ulong, Occurrence> _present = [];
    private readonly List<Occurrence> _all = [];
    private ObservedGuest? _guest;

    /// <summary>Makes it.</summary>
    /// <param name="text">What is looked for: a text, in UTF-8.</param>
    /// <param name="hex">Whether the text is bytes in hexadecimal.</param>
    public Search(string text, bool hex = false) => _pattern = BytePattern.Parse(text, hex);

    /// <inheritdoc/>
    public static string Name => "search";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        _guest = on.Guest;
        _threads.Subscribe(on);
        on.Accesses(Take, reads: false);

        // With somebody who asks for it, everything up to a call has been handed over before the call.
        on.HandedOver(() => { });
        on.Transfers((in occurred) => LookAtWritten(), (in occurred) => LookAtWritten());
        on.Delivering((in occurred) => LookAtWritten());
        on.Ended(_ => LookAtAll());
        LookAtAll();
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        foreach (Occurrence each in _all.OrderBy(each => each.Order).ThenBy(each => each.Physical))
        {
            WriteRecord? by = each.Writer;
            report.Row(
                ("order", each.Order), ("paddr", each.Physical), ("vaddr", by is null ? 0 : unchecked(by.Linear - by.Physical + each.Physical)),
                ("seen", by is not null ? "written" : "there"), ("vcpu", by?.Vcpu ?? -1), ("pc", by?.Pc ?? 0), ("symbol", by?.Symbol ?? string.Empty),
                ("pid", by?.Thread?.Pid ?? -1), ("tid", by?.Thread?.Tid ?? -1), ("thread", by?.Thread?.Name ?? string.Empty), ("gone_order", each.Gone ?? 0));
        }
    }

    private void Take(ReadOnlySpan<AccessEvent> writes)
    {
        foreach (ref readonly AccessEvent write in writes)
        {
            if (_guest!.Machine.Memory.Contains(write.Physical, write.Size))
            {
                _writes.Add(write);
            }
        }
    }

    // At an entry into the kernel, at the way out and at interrupts: there all writes up to the present have been handed over.
    private void LookAtWritten()
    {
        foreach (ulong page in _writes.Pages)
        {
            Look(page);
        }

        _writes.Clear();
    }

    // At the ends: also what no instruction has written.
    private void LookAtAll()
    {
        GuestMemory memory = _guest!.Machine.Memory;
        for (int page = 0; page < memory.PageCount; page++)
        {
            Look(GuestMemory.AddressOf(page).Value >> 12);
        }

        _writes.Clear();
    }

    private void Look(ulong page)
    {
        _guest!.Machine.Memory.Read(new GuestPhysical(page << 12), _page);
        HashSet<ulong> found = [.. BytePattern.Find(_page, _pattern).Select(at => (page << 12) + (ulong)at)];
        foreach (ulong gone in _present.Keys.Where(at => at >> 12 == page && !found.Contains(at)).ToArray())
        {
            _present.Remove(gone, out Occurrence? last);
            last!.Gone = _writes.LastTo(gone, _pattern.Length)?.Order ?? Now;
        }

        foreach (ulong at in found.Where(at => !_present.ContainsKey(at)).Order())
        {
            AccessEvent? write = _writes.LastTo(at, _pattern.Length);
            Occurrence occurrence = new(at, write?.Order ?? Now, write is { } access ? WriteRecord.Of(access, _threads, _guest) : null);
            _present.Add(at, occurrence);
            _all.Add(occurrence);
        }
    }

    private ulong Now => _guest!.Machine.Position.Retired;
}
