using Guest.Linux.Memory;
using Guest.Machine;

namespace Guest.Linux.Symbols;

/// <summary>The names of the running kernel and its addresses, both ways.</summary>
public sealed class KernelSymbols
{
    private readonly Kallsyms _table;
    private readonly KernelImage _image;

    internal KernelSymbols(Kallsyms table, KernelImage image)
    {
        _table = table;
        _image = image;
    }

    /// <summary>Names that the kernel itself has, without its modules.</summary>
    public int Count => _table.Count;

    /// <summary>The symbol with a number from 0 to <see cref="Count"/>, in the order of addresses.</summary>
    public KernelSymbol this[int index]
    {
        get
        {
            string name = _table.NameAt(index, out char type);
            ulong address = _table.AddressAt(index);
            return new KernelSymbol(new GuestVirtual(address), _table.NextAddress(index) - address, type, name);
        }
    }

    /// <summary>The kernel's symbol of that name, of several the first; null where there is none.</summary>
    public KernelSymbol? Find(string name) => _table.Find(name) is >= 0 and var index ? this[index] : null;

    /// <summary>The address of the kernel's symbol of that name.</summary>
    /// <exception cref="ReplayKitException">RK0604: there is none.</exception>
    public GuestVirtual AddressOf(string name) => Find(name)?.Address
        ?? throw new ReplayKitException(604, ExitCode.BadInput, $"the guest's kernel has no symbol {name}: it is newer or older than what this ReplayKit knows; docs/names.md lists the kernels that were tried");

    /// <summary>The kernel's symbol that an address belongs to; null outside the kernel's image.</summary>
    public KernelSymbol? At(GuestVirtual address) => _image.Contains(address.Value) && _table.FindAt(address.Value) is >= 0 and var index ? this[index] : null;
}
