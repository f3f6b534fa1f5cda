using Guest.Machine;
using Guest.Machine.X86;

namespace Guest.Linux;

/// <summary>The kernel's variables of which each CPU has its own.</summary>
public sealed class PerCpu
{
    private const int MostCpus = 8192;
    private readonly LinuxKernel _kernel;
    private readonly GuestVirtual? _offsets;
    private readonly GuestVirtual? _count;

    internal PerCpu(LinuxKernel kernel)
    {
        _kernel = kernel;
        _offsets = kernel.Symbols.Find("__per_cpu_offset")?.Address;
        _count = kernel.Symbols.Find("nr_cpu_ids")?.Address;
    }

    /// <summary>CPUs that the kernel has made room for.</summary>
    public int Count
    {
        get
        {
            ulong count = 0;
            _ = _count is { } place && _kernel.Memory.TryRead(place.Value, out count);
            count &= uint.MaxValue;
            return count is > 0 and <= MostCpus ? (int)count : 1;
        }
    }

    /// <summary>Where a CPU's own copy of a per-CPU variable stands.</summary>
    /// <param name="variable">The variable's symbol address.</param>
    /// <param name="cpu">The CPU as Linux numbers it.</param>
    /// <param name="place">The copy's address.</param>
    /// <returns>False where the kernel does not say.</returns>
    public bool TryLocate(GuestVirtual variable, int cpu, out GuestVirtual place)
    {
        bool read = TryReadOffset(cpu, out ulong offset);
        place = new GuestVirtual(unchecked(variable.Value + offset));
        return read;
    }

    /// <summary>The number that Linux has given a vCPU: the CPU whose area its GS base, or the one that SWAPGS keeps, points to.</summary>
    public int NumberOf(Vcpu vcpu)
    {
        ulong gs = vcpu.State.Segments[(int)SegmentName.Gs].Base;
        ulong kept = vcpu.State.KernelGsBase;
        if (Is(vcpu.Index, gs, kept))
        {
            return vcpu.Index;
        }

        int count = Count;
        for (int cpu = 0; cpu < count; cpu++)
        {
            if (Is(cpu, gs, kept))
            {
                return cpu;
            }
        }

        return vcpu.Index;
    }

    private bool Is(int cpu, ulong gs, ulong kept) => TryReadOffset(cpu, out ulong offset) && (offset == gs || offset == kept);

    // A kernel for one CPU has no such array, and its per-CPU variables are ordinary ones.
    private bool TryReadOffset(int cpu, out ulong offset)
    {
        offset = 0;
        return _offsets is not { } array ? cpu == 0 : _kernel.Memory.TryRead(array.Value + ((ulong)cpu * 8), out offset);
    }
}
