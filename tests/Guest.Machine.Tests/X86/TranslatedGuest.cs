using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.X86;
using Guest.Machine.X86.Translate;
using Iced.Intel;

namespace Guest.Machine.Tests.X86;

/// <summary>A vCPU in 64-bit supervisor mode with a translator: a megabyte of memory mapped onto itself, x87 and vector registers enabled.</summary>
internal sealed class TranslatedGuest : IDisposable
{
    private const ulong Tables = 0x1000;
    private const ulong LastTable = Tables + 0x3000;
    private readonly GuestMemory _memory = new(1 << 20);
    private readonly Vcpu _cpu;
    private readonly Translator _engine;

    internal TranslatedGuest()
    {
        _cpu = new Vcpu(0, _memory, new QuietBus(), CpuModels.Create("x86-64-v3"), 512);
        _engine = new Translator(_cpu, new EngineOptions { Statistics = Statistics });
        for (ulong level = 0; level < 3; level++)
        {
            Write(Tables + (level * 0x1000), BitConverter.GetBytes(Tables + ((level + 1) * 0x1000) + 7));
        }

        for (ulong page = 0; page < 256; page++)
        {
            Map(page << 12, page << 12);
        }

        ref CpuState s = ref State;
        s.Segments[(int)SegmentName.Cs] = new Segment { Selector = 8, Limit = uint.MaxValue, Attributes = 0xA09B };
        (s.Cr3, s.Cr4, s.Xcr0, s.Efer, s.Cr0) = (Tables, 0x4_0620, 7, 0xD00, 0x8000_0033);
        s.Rsp = 0x8_0000;
        _cpu.UpdateMode();
        _cpu.FlushTranslations();
    }

    internal ref CpuState State => ref _cpu.State;

    internal TranslatorStatistics Statistics { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _cpu.Dispose();
        _memory.Dispose();
    }

    /// <summary>Assembles code at an address; the label is its beginning. Returns its bytes.</summary>
    internal byte[] Put(ulong address, Action<Assembler, Label> write)
    {
        var code = new Assembler(64);
        Label start = code.CreateLabel();
        code.Label(ref start);
        write(code, start);
        using var bytes = new MemoryStream();
        code.Assemble(new StreamCodeWriter(bytes), address);
        Write(address, bytes.ToArray());
        return bytes.ToArray();
    }

    /// <summary>Retires instructions.</summary>
    internal void Run(ulong instructions)
    {
        ulong until = State.Retired + instructions;
        while (State.Retired < until)
        {
            _engine.Run(until);
        }
    }

    internal void Map(ulong linear, ulong physical) => Write(LastTable + ((linear >> 12) * 8), BitConverter.GetBytes(physical | 7));

    internal void Unmap(ulong linear) => Write(LastTable + ((linear >> 12) * 8), new byte[8]);

    internal void Write(ulong address, byte[] bytes) => _memory.Write(new GuestPhysical(address), bytes);

    internal byte[] Read(ulong address, int count)
    {
        var bytes = new byte[count];
        _memory.Read(new GuestPhysical(address), bytes);
        return bytes;
    }
}
