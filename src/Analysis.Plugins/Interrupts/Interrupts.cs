using Guest.Linux;
using Guest.Machine;
using Guest.Machine.X86;
using Iced.Intel;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Interrupts;

/// <summary>Counts interrupts and exceptions by vector, with the devices behind them, how long they took and how many there were over time.</summary>
public sealed class Interrupts : ISegmentedPlugin<Interrupts>
{
    private readonly KeptList<InterruptEvent> _events = new((writer, each) => each.Save(writer), InterruptEvent.Load);
    private readonly ulong _interval;
    private ObservedGuest? _guest;
    private VectorNames? _names;

    /// <summary>Makes it.</summary>
    /// <param name="interval">Milliseconds for which the rates are counted together.</param>
    public Interrupts(int interval = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        _interval = (ulong)interval * 1_000_000;
    }

    /// <inheritdoc/>
    public static string Name => "interrupts";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        _guest = on.Guest;
        on.Keep(_events);
        on.Delivering(Delivered);
        on.Transfers(Leaving);
    }

    /// <inheritdoc/>
    public void Append(Interrupts next) => _events.Append(next._events);

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        IReadOnlyList<HandledInterrupt> handled = HandledInterrupt.Of(_events.Items);
        foreach (IGrouping<(byte Vector, bool IsExternal, string Handler), HandledInterrupt> vector in handled
            .GroupBy(each => (each.Delivery.Vector, each.Delivery.IsExternal, each.Delivery.Handler)).OrderByDescending(each => each.Count()).ThenBy(each => each.Key))
        {
            ulong[] times = [.. vector.Where(each => each.Return is not null).Select(each => each.Return!.Time - each.Delivery.Time).Order()];
            ulong[] instructions = [.. vector.Where(each => each.Return is not null).Select(each => each.Return!.Order - each.Delivery.Order)];
            report.Row(
                ("vector", (int)vector.Key.Vector),
                ("kind", vector.Key.IsExternal ? "interrupt" : "exception"),
                ("handler", vector.Key.Handler),
                ("count", vector.Count()),
                ("in_user", vector.Count(each => each.Delivery.IsUser)),
                ("returned", times.Length),
                ("instructions", instructions.Aggregate(0ul, (sum, each) => sum + each)),
                ("total_ns", times.Aggregate(0ul, (sum, each) => sum + each)),
                ("median_ns", times.Length == 0 ? 0 : times[times.Length / 2]),
                ("most_ns", times.Length == 0 ? 0 : times[^1]));
        }

        IReportTable rates = report.Table("rates");
        foreach (var slot in handled.GroupBy(each => (Time: each.Delivery.Time / _interval * _interval, each.Delivery.Vector, each.Delivery.IsExternal, each.Delivery.Handler)).OrderBy(slot => slot.Key))
        {
            rates.Row(
                ("time_ns", slot.Key.Time), ("vector", (int)slot.Key.Vector), ("kind", slot.Key.IsExternal ? "interrupt" : "exception"), ("handler", slot.Key.Handler), ("count", slot.Count()));
        }
    }

    private void Delivered(in DeliveryEvent occurred)
    {
        Vcpu vcpu = occurred.Vcpu;
        LinuxKernel? kernel = _guest!.Look(vcpu);
        if (kernel is not null && kernel != _names?.Kernel)
        {
            _names = new VectorNames(kernel);
        }

        string handler = kernel is not null && occurred.IsExternal ? _names!.Of(vcpu, occurred.Vector) : VectorNames.Fixed(occurred.Vector);
        Add(vcpu, kernel, isReturn: false, occurred.IsExternal, vcpu.State.Cpl == 3, occurred.Vector, vcpu.RetiredInAll, handler);
    }

    // IRET, before it retires: the selector that it will load stands behind the instruction pointer on the stack.
    private void Leaving(in TransferEvent occurred)
    {
        if (occurred.Code is not (Code.Iretq or Code.Iretd or Code.Iretw))
        {
            return;
        }

        LinuxKernel? kernel = _guest!.Look(occurred.Vcpu);
        ulong selector = 0;
        if (kernel is not null && Guest.Linux.Memory.VirtualMemoryReads.TryRead(kernel.Memory, new GuestVirtual(occurred.Vcpu.State.Rsp + 8), out ushort read))
        {
            selector = read;
        }

        Add(occurred.Vcpu, kernel, isReturn: true, isExternal: false, (selector & 3) == 3, 0, occurred.Order, string.Empty);
    }

    private void Add(Vcpu vcpu, LinuxKernel? kernel, bool isReturn, bool isExternal, bool isUser, byte vector, ulong order, string handler)
    {
        GuestVirtual task = default;
        _ = kernel?.Tasks.TryFindCurrent(vcpu, out task);
        _events.Add(new InterruptEvent(isReturn, isExternal, isUser, vector, vcpu.Index, task.Value, order, GuestTime.NanosecondsOf(_guest!.Machine), handler));
    }
}
