using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.Devices.Apic;
using Guest.Machine.State;

namespace Guest.Machine.Tests.Devices;

/// <summary>A board with a clock that the test sets and ends that the test reads.</summary>
public sealed class TestBoard : IClock, IBoardControl, IConsoleOutput, IInterruptTarget
{
    public const long StartSeconds = 1_700_000_000;

    /// <summary>Creates a board whose 8254 waits for a count, so that only what a test starts moves.</summary>
    public TestBoard(int cpus = 1, PciSetup? pci = null)
    {
        Board = new PcBoard(StartSeconds, this, this, this, [.. Enumerable.Repeat<IInterruptTarget>(this, cpus)], pci);
        Out(0x43, 0x30);
    }

    public PcBoard Board { get; }

    public ulong Now { get; private set; }

    public bool PoweredOff { get; private set; }

    public bool WasReset { get; private set; }

    public bool HasPanicked { get; private set; }

    public List<byte> Sent { get; } = [];

    public int Changes { get; private set; }

    public int Initialised { get; private set; }

    public byte StartedAt { get; private set; }

    public LocalApic Apic => Board.LocalApics[0];

    public byte In(ushort port) => (byte)Board.Ports.Read(port, 1);

    public uint In32(ushort port) => Board.Ports.Read(port, 4);

    public void Out(ushort port, byte value) => Board.Ports.Write(port, 1, value);

    public uint ApicRead(ulong register) => (uint)Board.Mmio.Read(Apic, new GuestPhysical(LocalApic.DefaultBase + register), 4);

    public void ApicWrite(ulong register, uint value) =>
        Board.Mmio.Write(Apic, new GuestPhysical(LocalApic.DefaultBase + register), 4, value);

    public uint IoApicRead(byte register)
    {
        Board.Mmio.Write(Apic, new GuestPhysical(IoApic.DefaultBase), 4, register);
        return (uint)Board.Mmio.Read(Apic, new GuestPhysical(IoApic.DefaultBase + 0x10), 4);
    }

    public void IoApicWrite(byte register, uint value)
    {
        Board.Mmio.Write(Apic, new GuestPhysical(IoApic.DefaultBase), 4, register);
        Board.Mmio.Write(Apic, new GuestPhysical(IoApic.DefaultBase + 0x10), 4, value);
    }

    public void RouteIoApic(int pin, uint low, uint high = 0)
    {
        IoApicWrite((byte)(0x11 + (2 * pin)), high);
        IoApicWrite((byte)(0x10 + (2 * pin)), low);
    }

    /// <summary>Programs the 8259 pair as Linux does, every line open: vectors 0x30 to 0x3F.</summary>
    public void StartPics()
    {
        foreach ((ushort port, byte vector, byte cascade) in new (ushort, byte, byte)[] { (0x20, 0x30, 4), (0xA0, 0x38, 2) })
        {
            Out(port, 0x11);
            Out((ushort)(port + 1), vector);
            Out((ushort)(port + 1), cascade);
            Out((ushort)(port + 1), 1);
            Out((ushort)(port + 1), 0);
        }
    }

    /// <summary>Lets time pass, stopping at every deadline on the way.</summary>
    public void AdvanceTo(ulong tick)
    {
        while (Board.NextDeadline <= tick)
        {
            Now = Math.Max(Now, Board.NextDeadline);
            Board.ExpireTimers(Now);
        }

        Now = tick;
    }

    public void Advance(ulong ticks) => AdvanceTo(Now + ticks);

    public byte[] State()
    {
        var writer = new StateWriter();
        foreach (IDevice device in Board.Devices)
        {
            device.Save(writer);
        }

        return writer.Written.ToArray();
    }

    public void Restore(byte[] state, ulong now)
    {
        Now = now;
        var reader = new StateReader(state);
        foreach (IDevice device in Board.Devices)
        {
            device.Restore(reader);
        }

        Assert.True(reader.AtEnd);
    }

    void IBoardControl.PowerOff() => PoweredOff = true;

    void IBoardControl.Reset() => WasReset = true;

    void IBoardControl.Panic() => HasPanicked = true;

    void IConsoleOutput.Write(byte value) => Sent.Add(value);

    void IInterruptTarget.InterruptsChanged() => Changes++;

    void IInterruptTarget.Initialise() => Initialised++;

    void IInterruptTarget.StartUp(byte vector) => StartedAt = vector;
}
