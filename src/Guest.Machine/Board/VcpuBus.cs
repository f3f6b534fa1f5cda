using Guest.Machine.Devices;
using Guest.Machine.Devices.Apic;
using Guest.Machine.X86;

namespace Guest.Machine.Board;

/// <summary>What one vCPU has of the machine: its local APIC, the board, the time.</summary>
internal sealed class VcpuBus : ICpuBus, IInterruptTarget
{
    // A write to either moves the other along (Intel SDM 3B 17.17.3).
    private const uint MsrTsc = 0x10;
    private const uint MsrTscAdjust = 0x3B;

    // Of the x2APIC.
    private const uint MsrTaskPriority = 0x808;
    private const uint MsrEndOfInterrupt = 0x80B;
    private const uint MsrCommand = 0x830;

    private readonly VirtualMachine _machine;
    private readonly int _index;
    private LocalApic _local = null!;
    private Vcpu? _cpu;

    internal VcpuBus(VirtualMachine machine, int index)
    {
        _machine = machine;
        _index = index;
    }

    /// <inheritdoc/>
    ulong ICpuBus.TimeStamp
    {
        get
        {
            _machine.Memory.Gate?.ReadTime();
            return _machine.Clock.Now + _local.TscOffset;
        }
    }

    /// <inheritdoc/>
    TimeLine ICpuBus.TimeLine
    {
        get
        {
            TimeLine line = _machine.Clock.Line;
            return line with { Ticks = line.Ticks + _local.TscOffset };
        }
    }

    /// <inheritdoc/>
    bool ICpuBus.HasInterrupt => _local.HasInterrupt;

    /// <inheritdoc/>
    ulong ICpuBus.TaskPriority
    {
        get
        {
            _machine.Memory.Gate?.Touch();
            return _local.Cr8;
        }

        set
        {
            _machine.Memory.Gate?.Touch();
            _local.Cr8 = (byte)value;
        }
    }

    /// <summary>Connects the vCPU with its local APIC.</summary>
    internal void Connect(Vcpu cpu, LocalApic local)
    {
        _cpu = cpu;
        _local = local;
    }

    /// <inheritdoc/>
    public void InterruptsChanged() => LookAround();

    /// <inheritdoc/>
    public void Initialise() => _machine.Initialise(_index);

    /// <inheritdoc/>
    public void StartUp(byte vector) => _machine.StartUp(_index, vector);

    /// <summary>What a device did may have armed a timer or requested an interrupt: the loop must look before the next instruction.</summary>
    internal void LookAround()
    {
        if (_cpu is { } cpu)
        {
            cpu.Attention = true;
            cpu.EndBlock();
            _machine.Memory.Gate?.Wake(cpu);
        }
    }

    /// <inheritdoc/>
    void ICpuBus.ShutDown() => _machine.ShutDown();

    /// <inheritdoc/>
    byte ICpuBus.AcknowledgeInterrupt()
    {
        _machine.Memory.Gate?.Touch();
        return _local.Acknowledge();
    }

    /// <inheritdoc/>
    uint ICpuBus.ReadPort(ushort port, int size)
    {
        _machine.Memory.Gate?.ReadTime();
        LookAround();
        return _machine.Board.Ports.Read(port, size);
    }

    /// <inheritdoc/>
    void ICpuBus.WritePort(ushort port, int size, uint value)
    {
        _machine.Memory.Gate?.ReadTime();
        _machine.Board.Ports.Write(port, size, value);
        LookAround();
    }

    /// <inheritdoc/>
    ulong ICpuBus.ReadDevice(GuestPhysical address, int size)
    {
        _machine.Memory.Gate?.ReadTime();
        LookAround();
        return _machine.Board.Mmio.Read(_local, address, size);
    }

    /// <inheritdoc/>
    void ICpuBus.WriteDevice(GuestPhysical address, int size, ulong value)
    {
        _machine.Memory.Gate?.ReadTime();
        _machine.Board.Mmio.Write(_local, address, size, value);
        LookAround();
    }

    /// <inheritdoc/>
    bool ICpuBus.TryReadMsr(uint index, out ulong value)
    {
        TouchFor(index);
        if (index == MsrTscAdjust)
        {
            value = _local.TscOffset;
            return true;
        }

        return _local.TryReadMsr(index, out value);
    }

    /// <inheritdoc/>
    bool ICpuBus.TryWriteMsr(uint index, ulong value)
    {
        TouchFor(index);
        if (index is MsrTsc or MsrTscAdjust)
        {
            _local.TscOffset = index == MsrTsc ? value - _machine.Clock.Now : value;
            LookAround();
            return true;
        }

        bool known = _local.TryWriteMsr(index, value);
        LookAround();
        return known;
    }

    // Most of the x2APIC's registers have nothing to do with the time, and those are the ones that are written often.
    private void TouchFor(uint msr)
    {
        if (msr is MsrEndOfInterrupt or MsrCommand or MsrTaskPriority)
        {
            _machine.Memory.Gate?.Touch();
        }
        else
        {
            _machine.Memory.Gate?.ReadTime();
        }
    }
}
