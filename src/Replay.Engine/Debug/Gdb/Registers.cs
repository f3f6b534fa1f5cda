using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Guest.Linux.Tasks;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>All registers that gdb is shown, and the target description that says so (GDB manual, appendix G).</summary>
internal static class Registers
{
    /// <summary>The number of RSP and of RIP, which stop replies carry.</summary>
    internal const int Rsp = 7, Rip = 16;

    private const int CoreGeneral = 16;
    private const string Int64 = "int64", Int32 = "int32", Float = "float";

    private static readonly string[] GeneralNames = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    // Where each stands in the encoding's order, which is that of the register file.
    private static readonly int[] GeneralPlaces = [0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>The groups.</summary>
    internal static IReadOnlyList<RegisterFeature> Features { get; } =
    [
        new("org.gnu.gdb.i386.core", RegisterTypes.Core, [.. General(), .. Core(), .. Stack(), .. Control()]),
        new("org.gnu.gdb.i386.sse", RegisterTypes.Sse, [.. Enumerable.Range(0, 16).Select(i => Vector($"xmm{i}", "vec128", 4 * i)), RegisterRow.Number("mxcsr", 4, "i386_mxcsr", cpu => cpu.State.Mxcsr)]),
        new("org.gnu.gdb.i386.avx", "", [.. Enumerable.Range(0, 16).Select(i => Vector($"ymm{i}h", "uint128", (4 * i) + 2))]),
        new("org.gnu.gdb.i386.segments", "",
        [
            RegisterRow.Number("fs_base", 8, Int64, cpu => cpu.State.Segments[(int)SegmentName.Fs].Base),
            RegisterRow.Number("gs_base", 8, Int64, cpu => cpu.State.Segments[(int)SegmentName.Gs].Base),
        ]),

        // Makes gdb's Linux parts work, its libraries above all. Of the vCPU: no system call that could be begun again.
        new("org.gnu.gdb.i386.linux", "", [RegisterRow.Number("orig_rax", 8, Int64, _ => ulong.MaxValue)]),
        new("org.replaykit.x86.system", "", [.. System()]),
    ];

    /// <summary>All of them by number.</summary>
    internal static IReadOnlyList<RegisterRow> All { get; } = [.. Features.SelectMany(feature => feature.Registers)];

    /// <summary>The target description.</summary>
    internal static string Description { get; } = Describe();

    /// <summary>A register's value in hexadecimal, lowest byte first.</summary>
    internal static string Read(Vcpu cpu, int number)
    {
        RegisterRow row = All[number];
        Span<byte> value = stackalloc byte[row.Bytes];
        row.Read(cpu, value);
        return Hex.Of(value);
    }

    /// <summary>The same of a thread that does not run: <c>x</c> for each digit of what the kernel does not keep in one place.</summary>
    /// <param name="saved">What is known of it; null for nothing.</param>
    /// <param name="number">The register.</param>
    internal static string Read(UserRegisters? saved, int number)
    {
        RegisterRow row = All[number];
        if (saved is null || ValueOf(saved, row.Name) is not { } value)
        {
            return new string('x', 2 * row.Bytes);
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Hex.Of(bytes[..row.Bytes]);
    }

    private static ulong? ValueOf(UserRegisters saved, string name) => name switch
    {
        "rip" => saved.Rip,
        "eflags" => saved.Flags,
        "cs" => saved.Cs,
        "ss" => saved.Ss,
        "fs_base" => saved.FsBase,
        "gs_base" => saved.GsBase,
        "orig_rax" => saved.SystemCall,
        "cpl" => 3,
        _ => Array.IndexOf(GeneralNames, name) is >= 0 and var general ? saved.General[GeneralPlaces[general]] : null,
    };

    private static IEnumerable<RegisterRow> General() => GeneralNames.Select((name, i) =>
    {
        int place = GeneralPlaces[i];
        return RegisterRow.Number(name, 8, name is "rbp" or "rsp" ? "data_ptr" : Int64, cpu => MemoryMarshal.CreateReadOnlySpan(ref cpu.State.Rax, CoreGeneral)[place]);
    });

    private static IEnumerable<RegisterRow> Core() =>
    [
        RegisterRow.Number("rip", 8, "code_ptr", cpu => cpu.State.Rip),
        RegisterRow.Number("eflags", 4, "i386_eflags", cpu => cpu.GetFlags()),
        .. new[] { ("cs", SegmentName.Cs), ("ss", SegmentName.Ss), ("ds", SegmentName.Ds), ("es", SegmentName.Es), ("fs", SegmentName.Fs), ("gs", SegmentName.Gs) }
            .Select(pair => RegisterRow.Number(pair.Item1, 4, Int32, cpu => cpu.State.Segments[(int)pair.Item2].Selector)),
    ];

    private static IEnumerable<RegisterRow> Stack() => Enumerable.Range(0, 8).Select(i => new RegisterRow($"st{i}", 10, "i387_ext", (cpu, value) =>
        MemoryMarshal.AsBytes((ReadOnlySpan<ulong>)cpu.State.Fx).Slice(32 + (16 * i), 10).CopyTo(value)));

    private static IEnumerable<RegisterRow> Control() =>
    [
        RegisterRow.Number("fctrl", 4, Int32, cpu => X87State.Control(ref cpu.State)),
        RegisterRow.Number("fstat", 4, Int32, cpu => X87State.Status(ref cpu.State)),
        RegisterRow.Number("ftag", 4, Int32, cpu => X87State.FullTags(ref cpu.State)),
        RegisterRow.Number("fiseg", 4, Int32, _ => 0),
        RegisterRow.Number("fioff", 4, Int32, _ => 0),
        RegisterRow.Number("foseg", 4, Int32, _ => 0),
        RegisterRow.Number("fooff", 4, Int32, _ => 0),
        RegisterRow.Number("fop", 4, Int32, _ => 0),
    ];

    private static RegisterRow Vector(string name, string type, int quad) => new(name, 16, type, (cpu, value) =>
        MemoryMarshal.AsBytes(((ReadOnlySpan<ulong>)cpu.State.Vectors).Slice(quad, 2)).CopyTo(value));

    private static IEnumerable<RegisterRow> System() =>
    [
        RegisterRow.Number("cr0", 8, Int64, cpu => cpu.State.Cr0),
        RegisterRow.Number("cr2", 8, Int64, cpu => cpu.State.Cr2),
        RegisterRow.Number("cr3", 8, Int64, cpu => cpu.State.Cr3),
        RegisterRow.Number("cr4", 8, Int64, cpu => cpu.State.Cr4),
        RegisterRow.Number("cr8", 8, Int64, cpu => cpu.Bus.TaskPriority),
        RegisterRow.Number("xcr0", 8, Int64, cpu => cpu.State.Xcr0),
        RegisterRow.Number("efer", 8, Int64, cpu => cpu.State.Efer),
        RegisterRow.Number("k_gs_base", 8, Int64, cpu => cpu.State.KernelGsBase),
        RegisterRow.Number("gdt_base", 8, Int64, cpu => cpu.State.GdtBase),
        RegisterRow.Number("gdt_limit", 4, Int32, cpu => cpu.State.GdtLimit),
        RegisterRow.Number("idt_base", 8, Int64, cpu => cpu.State.IdtBase),
        RegisterRow.Number("idt_limit", 4, Int32, cpu => cpu.State.IdtLimit),
        RegisterRow.Number("tr", 4, Int32, cpu => cpu.State.Segments[(int)SegmentName.Tr].Selector),
        RegisterRow.Number("tr_base", 8, Int64, cpu => cpu.State.Segments[(int)SegmentName.Tr].Base),
        RegisterRow.Number("ldtr", 4, Int32, cpu => cpu.State.Segments[(int)SegmentName.Ldtr].Selector),
        RegisterRow.Number("cpl", 4, Int32, cpu => (ulong)cpu.State.Cpl),
        RegisterRow.Number("dr6", 8, Int64, cpu => cpu.State.Dr6),
        RegisterRow.Number("dr7", 8, Int64, cpu => cpu.State.Dr7),
    ];

    private static string Describe()
    {
        StringBuilder xml = new("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>i386:x86-64</architecture>");
        foreach (RegisterFeature feature in Features)
        {
            xml.Append(CultureInfo.InvariantCulture, $"<feature name=\"{feature.Name}\">{feature.Types}");
            foreach (RegisterRow row in feature.Registers)
            {
                string group = row.Type == "i387_ext" || (feature.Name.EndsWith("core", StringComparison.Ordinal) && row.Name[0] == 'f' && row.Name.Length > 2) ? $" group=\"{Float}\"" : "";
                xml.Append(CultureInfo.InvariantCulture, $"<reg name=\"{row.Name}\" bitsize=\"{8 * row.Bytes}\" type=\"{row.Type}\"{group}/>");
            }

            xml.Append("</feature>");
        }

        return xml.Append("</target>").ToString();
    }
}
