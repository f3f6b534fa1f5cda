using System.Collections.Immutable;
using Guest.Machine.Devices;
using Guest.Machine.Devices.AcpiPm;
using Guest.Machine.Devices.Apic;
using Guest.Machine.Devices.Console;
using Guest.Machine.Devices.Pci;
using Guest.Machine.Devices.Pic;
using Guest.Machine.Devices.Pit;
using Guest.Machine.Devices.Reset;
using Guest.Machine.Devices.Rtc;
using Guest.Machine.Devices.Serial;
using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Board;

/// <summary>The machine's board: every device, the buses they answer on and the wires between them.</summary>
public sealed class PcBoard
{
    /// <summary>The most vCPUs a board has room for.</summary>
    public const int MaxCpus = 64;

    private readonly List<IDevice> _devices = [];
    private readonly List<ITimedDevice> _timers = [];

    /// <summary>Puts a board together, as firmware leaves it.</summary>
    /// <param name="startSeconds">The CMOS clock at machine start, in seconds since 1970-01-01 00:00 UTC: a logged input.</param>
    /// <param name="clock">The machine's clock.</param>
    /// <param name="control">Who ends the run.</param>
    /// <param name="console">Where the output of the first serial port and of a virtio console goes.</param>
    /// <param name="targets">The vCPUs, by number; at most <see cref="MaxCpus"/>.</param>
    /// <param name="pciSetup">The devices on the PCI bus; null for none.</param>
    /// <param name="turns">How several vCPUs take turns; null for the default.</param>
    /// <exception cref="ArgumentOutOfRangeException">No vCPU, or too many.</exception>
    public PcBoard(
        long startSeconds, IClock clock, IBoardControl control, IConsoleOutput console, IReadOnlyList<IInterruptTarget> targets,
        PciSetup? pciSetup = null, TurnsDescription? turns = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(targets.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(targets.Count, MaxCpus);

        // The order of the devices is the order of their parts in the state hash (docs/determinism.md).
        var pic = Add(new PicPair());
        Router = new InterruptRouter(pic);
        var ioApic = Add(new IoApic(Router));
        var interrupts = new IsaInterrupts(pic, ioApic);
        var pit = Add(new Pit8254(clock, interrupts));
        var rtc = Add(new CmosClock(startSeconds, clock, interrupts));
        var pm = Add(new AcpiPm(clock, interrupts, control));
        Console = Add(new Uart16550("uart0", irq: 4, TimerNumbers.SerialReceive, clock, interrupts, console));
        var reset = Add(new ResetControl(control));
        var post = Add(new PostPort());
        var pci = Add(new PciHost());
        LocalApics = [.. targets.Select((target, id) => Add(new LocalApic(id, clock, Router, target)))];
        Turns = targets.Count > 1 ? Add(new VcpuTurns(targets.Count, turns ?? TurnsDescription.Default)) : null;
        PciFunctions = pciSetup is null ? [] : AddPciDevices(pciSetup, pci, ioApic, control, console);
        VirtioConsole = PciFunctions.OfType<VirtioPci>().Select(function => function.Device).OfType<ConsoleDevice>().FirstOrDefault();
        _timers.AddRange(LocalApics.Select(local => local.Timer));
        _timers.Sort((a, b) => a.TimerNumber.CompareTo(b.TimerNumber));

        Ports.Claim(pic, 0x20, 2);
        Ports.Claim(pic, 0xA0, 2);
        Ports.Claim(pic, 0x4D0, 2);
        Ports.Claim(pit, 0x40, 4);
        Ports.Claim(pit, 0x61, 1);
        Ports.Claim(rtc, 0x70, 2);
        Ports.Claim(Console, 0x3F8, 8);
        Ports.Claim(pm, AcpiPm.EventPort, AcpiPm.PortCount, PortSizes.All);
        Ports.Claim(reset, ResetControl.ResetPort, 1);
        Ports.Claim(reset, ResetControl.SystemControlPort, 1);
        Ports.Claim(reset, ResetControl.KeyboardPort, 1);
        Ports.Claim(post, PostPort.Port, 1);
        Ports.Claim(pci, PciHost.AddressPort, 1, PortSizes.Dword);
        Ports.Claim(pci, PciHost.DataPort, 4, PortSizes.All);
        Mmio.Claim(ioApic, new GuestPhysical(IoApic.DefaultBase), IoApic.RangeSize);
        Mmio.Claim(pci, new GuestPhysical(PciHost.ConfigurationBase), PciHost.ConfigurationSize);
        ClaimWindow(new PciWindow(pci, PciHost.LowWindow, (uint)PciHost.ConfigurationBase));
        ClaimWindow(new PciWindow(pci, PciHost.HighWindow, PciHost.HighWindowEnd));
    }

    /// <summary>The I/O port space.</summary>
    public PortBus Ports { get; } = new();

    /// <summary>The physical addresses that are not memory.</summary>
    public MmioBus Mmio { get; } = new();

    /// <summary>What delivers interrupts between the APICs.</summary>
    public InterruptRouter Router { get; }

    /// <summary>The first serial port, where typed input arrives if there is no <see cref="VirtioConsole"/>.</summary>
    public Uart16550 Console { get; }

    /// <summary>The virtio console device; null where the machine has none.</summary>
    public ConsoleDevice? VirtioConsole { get; }

    /// <summary>The local APICs, by vCPU.</summary>
    public IReadOnlyList<LocalApic> LocalApics { get; }

    /// <summary>Whose turn it is among several vCPUs; null where there is one.</summary>
    public VcpuTurns? Turns { get; }

    /// <summary>The devices on the PCI bus, in the order of the machine's description.</summary>
    public ImmutableArray<PciFunction> PciFunctions { get; }

    /// <summary>Every device, in the order of the state hash.</summary>
    public IReadOnlyList<IDevice> Devices => _devices;

    /// <summary>Every timer, by <see cref="ITimedDevice.TimerNumber"/>.</summary>
    public IReadOnlyList<ITimedDevice> Timers => _timers;

    /// <summary>The devices of a machine as a manifest lists them, without building it: numbered in the order of the state hash.</summary>
    /// <param name="vcpus">Its vCPUs.</param>
    /// <param name="pci">The devices on its PCI bus.</param>
    public static ImmutableArray<DeviceDescription> Describe(int vcpus, IReadOnlyList<PciDeviceDescription> pci)
    {
        var nothing = new NoWorld();
        var board = new PcBoard(0, nothing, nothing, nothing, [.. Enumerable.Range(0, vcpus).Select(_ => nothing)]);
        IEnumerable<string> names = board.Devices.Select(device => device.Name).Concat(pci.Select(device => device.Name));
        return [.. names.Select((name, number) => new DeviceDescription(number, name))];
    }

    /// <summary>The virtio device of a kind in a slot; null where the machine has none there.</summary>
    public T? Virtio<T>(int slot)
        where T : VirtioDevice
    {
        foreach (PciFunction function in PciFunctions)
        {
            if (function.Slot == slot)
            {
                return (function as VirtioPci)?.Device as T;
            }
        }

        return null;
    }

    /// <summary>The tick at which the next timer is due; <see cref="ulong.MaxValue"/> where none is armed. A few comparisons.</summary>
    public ulong NextDeadline
    {
        get
        {
            ulong next = ulong.MaxValue;
            foreach (ITimedDevice timer in _timers)
            {
                next = Math.Min(next, timer.Deadline);
            }

            return next;
        }
    }

    /// <summary>Expires the timers that are due, in their fixed order, until none is.</summary>
    /// <param name="now">The machine's clock.</param>
    public void ExpireTimers(ulong now)
    {
        while (NextDeadline <= now)
        {
            foreach (ITimedDevice timer in _timers)
            {
                if (timer.Deadline <= now)
                {
                    timer.Expire();
                }
            }
        }
    }

    private ImmutableArray<PciFunction> AddPciDevices(PciSetup setup, PciHost host, IoApic ioApic, IBoardControl control, IConsoleOutput console)
    {
        var pins = new PciInterrupts(ioApic);
        var bus = new PciBus(setup.Memory, Router, pins);
        ImmutableArray<PciFunction> functions = [.. setup.Devices.Select(device => Add(PciDevices.Create(device, bus, control, setup.BackEnds, console)))];
        foreach (PciFunction function in functions)
        {
            host.Add(function);
            pins.Attach(function);
        }

        return functions;
    }

    private void ClaimWindow(PciWindow window) => Mmio.Claim(window, new GuestPhysical(window.Start), window.Size);

    private T Add<T>(T device)
        where T : IDevice
    {
        _devices.Add(device);
        if (device is ITimedDevice timer)
        {
            _timers.Add(timer);
        }

        return device;
    }
}
