using System.Text;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Files;
using Guest.Linux.Memory;
using Guest.Linux.Modules;
using Guest.Linux.Symbols;
using Guest.Linux.Tasks;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.X86;

namespace Guest.Linux;

/// <summary>The Linux kernel that runs in a stopped machine: its names, its types, and what it knows of its processes.</summary>
/// <remarks>
/// It comes from <see cref="LinuxGuest.Look"/> and answers for the machine as it stands until it runs on. Names and types are read once; everything
/// else is read from guest memory at each question.
/// </remarks>
public sealed class LinuxKernel
{
    // Where they are when the kernel was built without address-space randomisation (Documentation/arch/x86/x86_64/mm.rst).
    private const ulong FixedDirectMap = 0xFFFF_8880_0000_0000;
    private const ulong FixedPageArray = 0xFFFF_EA00_0000_0000;
    private const int BannerBytes = 256;
    private static readonly byte[] BannerStart = [.. "Linux version "u8];

    private readonly KernelImage _image;
    private readonly KernelTypes? _types;
    private readonly byte[] _banner;
    private readonly ulong _bannerAddress;
    private readonly GuestVirtual? _directMapVariable;
    private readonly GuestVirtual? _pageArrayVariable;
    private TaskReader? _tasks;
    private UserRegisterReader? _userRegisters;
    private AddressSpaceReader? _addressSpaces;
    private FileReader? _files;
    private ModuleReader? _modules;

    private LinuxKernel(KernelMemory memory, KernelSymbols symbols, KernelTypes? types, GuestVirtual banner, byte[] bannerText)
    {
        Memory = memory;
        _image = memory.Image;
        Symbols = symbols;
        _types = types;
        _bannerAddress = banner.Value;
        _banner = bannerText;
        _directMapVariable = symbols.Find("page_offset_base")?.Address;
        _pageArrayVariable = symbols.Find("vmemmap_base")?.Address;
        Cpus = new PerCpu(this);
    }

    /// <summary>Memory as the kernel sees it.</summary>
    public KernelMemory Memory { get; }

    /// <summary>The kernel's names.</summary>
    public KernelSymbols Symbols { get; }

    /// <summary>The kernel's types.</summary>
    /// <exception cref="ReplayKitException">RK0602: the kernel was built without them (CONFIG_DEBUG_INFO_BTF).</exception>
    public KernelTypes Types => _types
        ?? throw new ReplayKitException(602, ExitCode.BadInput, "the guest's kernel carries no type information (CONFIG_DEBUG_INFO_BTF): its symbols are known, its structures are not");

    /// <summary>Variables that each CPU has for itself.</summary>
    public PerCpu Cpus { get; }

    /// <summary>Processes and threads.</summary>
    /// <exception cref="ReplayKitException">RK0602 to RK0604: the kernel is unlike those that are known.</exception>
    public TaskReader Tasks => _tasks ??= new TaskReader(this);

    /// <summary>Registers of threads that do not run.</summary>
    /// <exception cref="ReplayKitException">RK0602 to RK0604, as for <see cref="Tasks"/>.</exception>
    public UserRegisterReader UserRegisters => _userRegisters ??= new UserRegisterReader(this);

    /// <summary>The memory of processes.</summary>
    /// <exception cref="ReplayKitException">RK0602 to RK0604, as for <see cref="Tasks"/>.</exception>
    public AddressSpaceReader AddressSpaces => _addressSpaces ??= new AddressSpaceReader(this);

    /// <summary>Open and mapped files.</summary>
    /// <exception cref="ReplayKitException">RK0602 to RK0604, as for <see cref="Tasks"/>.</exception>
    public FileReader Files => _files ??= new FileReader(this);

    /// <summary>Modules.</summary>
    /// <exception cref="ReplayKitException">RK0602 to RK0604, as for <see cref="Tasks"/>.</exception>
    public ModuleReader Modules => _modules ??= new ModuleReader(this);

    /// <summary>What the kernel says of itself, as in <c>/proc/version</c>.</summary>
    public string Banner => Encoding.UTF8.GetString(_banner.AsSpan(0, Math.Max(0, _banner.AsSpan().IndexOf((byte)0)))).TrimEnd();

    /// <summary>Its release, as <c>uname -r</c> prints it.</summary>
    public string Release => Banner[BannerStart.Length..].Split(' ')[0];

    /// <summary>The symbol of the kernel or of a module that an address belongs to; null where there is none.</summary>
    public KernelSymbol? SymbolAt(GuestVirtual address) => Symbols.At(address) ?? (_types is null ? null : Modules.SymbolAt(address));

    /// <summary>An object of the kernel's with its type, to look around from.</summary>
    /// <exception cref="ReplayKitException">RK0602, RK0603: there is no such type.</exception>
    public KernelObject Object(string type, GuestVirtual address)
    {
        int id = Types.Table.Resolve(Types.Table.Find(type));
        return new KernelObject(this, address, new KernelField(0, Types.SizeOf(type), 0, 0, id, Types.Table.IsSigned(id)));
    }

    /// <summary>Puts together what was found in an image.</summary>
    /// <returns>Null where the symbols are not those of a Linux kernel that runs.</returns>
    internal static LinuxKernel? Of(PhysicalMemory physical, KernelImage image, KernelSymbols symbols, ReadOnlySpan<byte> copy)
    {
        if (symbols.Find("linux_banner")?.Address is not { } banner || symbols.Find("init_top_pgt")?.Address is not { } topTable
            || !image.Contains(banner.Value) || !image.Contains(topTable.Value))
        {
            return null;
        }

        byte[] text = new byte[BannerBytes];
        KernelMemory memory = new(physical, image, topTable.Value);
        return memory.TryRead(banner.Value, text) && text.AsSpan().StartsWith(BannerStart)
            ? new LinuxKernel(memory, symbols, ReadTypes(symbols, image, copy), banner, text)
            : null;
    }

    /// <summary>Whether the machine, as it stands now, still runs this kernel at this place.</summary>
    internal bool IsThere(in CpuState state)
    {
        Span<byte> text = stackalloc byte[BannerBytes];
        return Memory.TryRead(_bannerAddress, text) && text.SequenceEqual(_banner) && _image.IsMapped(Memory.Physical, state, _bannerAddress);
    }

    /// <summary>Reads again what the kernel decides during its boot.</summary>
    internal void Refresh()
    {
        Memory.DirectMap = ReadBase(_directMapVariable, FixedDirectMap);
        Memory.PageArray = ReadBase(_pageArrayVariable, FixedPageArray);
    }

    private GuestVirtual ReadBase(GuestVirtual? variable, ulong otherwise) =>
        new(variable is { } place && Memory.TryRead(place.Value, out ulong value) ? value : otherwise);

    private static KernelTypes? ReadTypes(KernelSymbols symbols, KernelImage image, ReadOnlySpan<byte> copy)
    {
        if (symbols.Find("__start_BTF")?.Address.Value is not { } start || symbols.Find("__stop_BTF")?.Address.Value is not { } stop
            || !image.Contains(start) || stop < start || stop - image.Virtual > image.Length)
        {
            return null;
        }

        byte[] bytes = copy[(int)(start - image.Virtual)..(int)(stop - image.Virtual)].ToArray();
        return BtfTypes.Parse(bytes) is { } table ? new KernelTypes(table) : null;
    }
}
