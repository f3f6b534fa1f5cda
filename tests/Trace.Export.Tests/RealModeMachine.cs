using Guest.Machine;
using Guest.Machine.Memory;
using Guest.Machine.X86;
using Trace.Export.Collect;
using Trace.Export.Csv;

namespace Trace.Export.Tests;

/// <summary>A vCPU in real mode with 1 MiB of RAM and nothing else, which runs a program under a collector.</summary>
public sealed class RealModeMachine : ICpuBus, IDisposable
{
    public const ushort ProgramAt = 0x7C00;
    private readonly GuestMemory _memory = new(1 << 20);
    private readonly Interpreter _engine;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("collector-");

    public RealModeMachine()
    {
        Cpu = new Vcpu(0, _memory, this, CpuModels.Create("x86-64-v2"));
        _engine = new Interpreter(Cpu);
        ref CpuState s = ref Cpu.State;
        foreach (SegmentName name in new[] { SegmentName.Cs, SegmentName.Ds, SegmentName.Es, SegmentName.Ss })
        {
            s.Segments[(int)name].Base = 0;
            s.Segments[(int)name].Selector = 0;
        }

        Cpu.UpdateMode();
        s.Rip = ProgramAt;
        s.Rsp = 0x7000;
    }

    public Vcpu Cpu { get; }

    /// <summary>The vector of a pending interrupt, which is delivered before the next run.</summary>
    public byte Interrupt { get; set; }

    ulong ICpuBus.TimeStamp => 0;

    TimeLine ICpuBus.TimeLine => default;

    bool ICpuBus.HasInterrupt => false;

    ulong ICpuBus.TaskPriority { get; set; }

    /// <summary>Writes bytes, in hexadecimal, to memory.</summary>
    public void Put(ulong address, string bytes) => _memory.Write(new GuestPhysical(address), Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));

    /// <summary>Runs in the given pieces, with an interrupt between them, and returns the tables as lines of CSV without their headers.</summary>
    public Dictionary<string, string[]> Collect(params ulong[] pieces)
    {
        using TraceFiles files = new(_folder.FullName, [.. TraceFiles.TableNames], new CsvFormat(), new TraceMetadata("test", new Position(0, 0), new Position(0, 0)));
        TraceCollector collector = new([Cpu], files);
        Cpu.Observe(collector.AccessesOf(Cpu));
        _engine.Observer = collector;
        foreach (ulong piece in pieces)
        {
            while (Cpu.State.Retired < piece)
            {
                _engine.Run(piece);
            }

            if (piece != pieces[^1])
            {
                Cpu.DeliverInterrupt();
            }
        }

        collector.Complete();
        return TraceFiles.TableNames.ToDictionary(name => name, name => File.ReadAllLines(Path.Combine(_folder.FullName, name + ".csv"))[1..]);
    }

    public void Dispose()
    {
        _engine.Dispose();
        Cpu.Dispose();
        _memory.Dispose();
        _folder.Delete(true);
    }

    byte ICpuBus.AcknowledgeInterrupt() => Interrupt;

    uint ICpuBus.ReadPort(ushort port, int size) => 0;

    void ICpuBus.WritePort(ushort port, int size, uint value) => throw new NotSupportedException("the test's machine has no ports");

    ulong ICpuBus.ReadDevice(GuestPhysical address, int size) => ulong.MaxValue;

    void ICpuBus.WriteDevice(GuestPhysical address, int size, ulong value) => throw new NotSupportedException("the test's machine has no devices");

    bool ICpuBus.TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        return false;
    }

    bool ICpuBus.TryWriteMsr(uint index, ulong value) => false;

    void ICpuBus.ShutDown() => throw new NotSupportedException("the test's machine has shut down");
}
