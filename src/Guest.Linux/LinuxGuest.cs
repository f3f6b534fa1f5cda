using Guest.Linux.Memory;
using Guest.Linux.Symbols;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.Memory;
using Guest.Machine.X86;

namespace Guest.Linux;

/// <summary>Looks for a Linux kernel in a stopped machine's memory, with no profile of it: its page tables, its symbol table and its types say everything.</summary>
/// <remarks>
/// The machine may have been brought to any position, forward or back, between two calls; the kernel, once found, is recognised at the cost of a
/// page walk. Finding it the first time reads its whole image (about a tenth of a second). Not safe for use by several threads.
/// </remarks>
public sealed class LinuxGuest
{
    private readonly PhysicalMemory _memory;
    private LinuxKernel? _kernel;
    private KernelImage? _fruitless;

    /// <summary>Prepares to look at a machine.</summary>
    /// <param name="memory">Its RAM.</param>
    public LinuxGuest(GuestMemory memory) => _memory = new PhysicalMemory(memory);

    /// <summary>Why <see cref="Look"/> found no kernel the last time, in words; null where it found one.</summary>
    public string? Missing { get; private set; }

    /// <summary>The kernel that runs on the machine as it stands now.</summary>
    /// <param name="vcpu">A vCPU of the machine.</param>
    /// <returns>Null where there is none yet (or this is no Linux), see <see cref="Missing"/>. What is returned answers for the machine as it stands until it runs on; call this again then.</returns>
    public LinuxKernel? Look(Vcpu vcpu)
    {
        ref CpuState state = ref vcpu.State;
        if (_kernel is null || !_kernel.IsThere(state))
        {
            LinuxKernel? found = Find(state);
            if (found is null)
            {
                return null;
            }

            _kernel = found;
        }

        Missing = null;
        _kernel.Refresh();
        return _kernel;
    }

    private LinuxKernel? Find(in CpuState state)
    {
        if (KernelImage.Find(_memory, state) is not { } image)
        {
            Missing = "not yet: no Linux kernel is mapped";
            return null;
        }

        if (image == _fruitless)
        {
            return null;
        }

        byte[] copy = image.Copy(_memory);
        if (KallsymsFinder.Find(copy) is not { } table || LinuxKernel.Of(_memory, image, new KernelSymbols(table, image), copy) is not { } kernel)
        {
            _fruitless = image;
            Missing = "what runs at the kernel's place has no symbol table of a Linux kernel (CONFIG_KALLSYMS_ALL)";
            return null;
        }

        return kernel;
    }
}
