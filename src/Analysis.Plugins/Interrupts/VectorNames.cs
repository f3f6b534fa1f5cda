using Guest.Linux;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.X86;
using Guest.Linux.Memory;

namespace Analysis.Plugins.Interrupts;

/// <summary>What an interrupt vector is for: the processor's exceptions, Linux's own vectors, and the devices that the kernel has given a vector to.</summary>
internal sealed class VectorNames
{
    private const int MostName = 64;

    // Intel SDM 3A, table 6-1.
    private static readonly string[] s_exceptions =
    [
        "divide error", "debug", "NMI", "breakpoint", "overflow", "bound range exceeded", "invalid opcode", "device not available", "double fault", "coprocessor segment overrun",
        "invalid TSS", "segment not present", "stack fault", "general protection", "page fault", "", "x87 error", "alignment check", "machine check", "SIMD error",
        "virtualization", "control protection",
    ];

    // arch/x86/include/asm/irq_vectors.h
    private static readonly Dictionary<byte, string> s_system = new()
    {
        [0xEC] = "local timer", [0xF6] = "irq work", [0xF7] = "platform IPI", [0xF8] = "reboot", [0xF9] = "threshold APIC", [0xFA] = "thermal APIC", [0xFB] = "call function single",
        [0xFC] = "call function", [0xFD] = "reschedule", [0xFE] = "error APIC", [0xFF] = "spurious APIC",
    };

    private readonly LinuxKernel _kernel;
    private readonly GuestVirtual? _descriptors;
    private readonly KernelPath _number;
    private readonly KernelPath _action;

    /// <summary>Of a kernel.</summary>
    /// <exception cref="ReplayKitException">RK0602, RK0603: the kernel's structures are unlike those that are known.</exception>
    internal VectorNames(LinuxKernel kernel)
    {
        _kernel = kernel;
        _descriptors = kernel.Symbols.Find("vector_irq")?.Address;
        _number = KernelPath.Of(kernel.Types, "irq_desc.irq_data.irq");
        _action = KernelPath.Of(kernel.Types, "irq_desc.action.name");
    }

    /// <summary>The kernel that they are of.</summary>
    internal LinuxKernel Kernel => _kernel;

    /// <summary>The name of a vector that needs no kernel.</summary>
    internal static string Fixed(byte vector) => vector < s_exceptions.Length ? s_exceptions[vector] : s_system.GetValueOrDefault(vector, string.Empty);

    /// <summary>Who handles a vector on a vCPU now.</summary>
    internal string Of(Vcpu vcpu, byte vector)
    {
        string known = Fixed(vector);
        return known.Length > 0 || _descriptors is not { } table
            || !_kernel.Cpus.TryLocate(table, _kernel.Cpus.NumberOf(vcpu), out GuestVirtual place)
            || !_kernel.Memory.TryRead(new GuestVirtual(place.Value + (8ul * vector)), out ulong descriptor) || (long)descriptor >= -4096
            ? known
            : DeviceOf(new GuestVirtual(descriptor));
    }

    private string DeviceOf(GuestVirtual descriptor)
    {
        bool hasName = _action.TryRead(_kernel.Memory, descriptor, out ulong name);
        string text = (hasName && name != 0 ? _kernel.Memory.ReadText(new GuestVirtual(name), MostName) : null) ?? string.Empty;
        return _number.TryRead(_kernel.Memory, descriptor, out ulong number) ? $"irq {number} {text}".TrimEnd() : text;
    }
}
