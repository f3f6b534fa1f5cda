using System.Buffers.Binary;
using System.Text;
using Guest.Machine.Board.Acpi;
using Guest.Machine.Memory;

namespace Guest.Machine.Board.Boot;

/// <summary>The boot loader: puts a kernel and what it needs into a machine's empty memory (Linux boot.rst, "64-bit boot protocol").</summary>
public static class LinuxLoader
{
    private const uint SetupRngSeed = 9;
    private const int SetupDataHeader = 16;

    /// <summary>Loads everything, ACPI tables included.</summary>
    /// <param name="memory">The guest's RAM, still zero.</param>
    /// <param name="images">What to load.</param>
    /// <param name="cpus">The number of vCPUs, for the ACPI tables.</param>
    /// <param name="pciInterrupts">Whether the tables say how PCI interrupts are wired: not where nothing is on the bus.</param>
    /// <returns>The registers to start with.</returns>
    /// <exception cref="ReplayKitException">RK0201 to RK0206: the kernel, the initrd or the command line cannot be used.</exception>
    public static BootState Load(GuestMemory memory, LinuxImages images, int cpus, bool pciInterrupts = false)
    {
        ulong lowMemoryEnd = Math.Min(memory.Size, GuestMemory.LowEnd);
        KernelImage kernel = KernelImage.Read(images.Kernel, lowMemoryEnd);
        var parameters = new BootParameters(kernel.SetupHeader.Span);
        parameters.SetMemoryMap(memory.Size);
        foreach (KernelSegment segment in kernel.Segments)
        {
            memory.Write(segment.Address, segment.Bytes.Span);
        }

        LoadCommandLine(memory, parameters, images.CommandLine, kernel.CommandLineLimit);
        LoadInitrd(memory, parameters, images.Initrd.Span, kernel, lowMemoryEnd);
        LoadSeed(memory, parameters, images.RngSeed.Span);
        memory.Write(new GuestPhysical(AcpiTables.Start), AcpiTables.Build(cpus, pciInterrupts));
        memory.Write(new GuestPhysical(LowMemory.BootParameters), parameters.Page);
        LowMemory.WriteGdt(memory);
        LowMemory.WritePageTables(memory);
        return new BootState(
            new GuestPhysical(kernel.Entry),
            new GuestPhysical(LowMemory.BootParameters),
            new GuestPhysical(LowMemory.PageTables),
            new GuestPhysical(LowMemory.Gdt),
            LowMemory.GdtLimit);
    }

    private static void LoadCommandLine(GuestMemory memory, BootParameters parameters, string text, uint limit)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        uint room = Math.Min(limit, LowMemory.CommandLineRoom - 1);
        if (bytes.Length > room)
        {
            throw new ReplayKitException(206, ExitCode.WrongUsage, $"the kernel command line has {bytes.Length} bytes, this kernel takes {room}; shorten --append");
        }

        memory.Write(new GuestPhysical(LowMemory.CommandLine), bytes);
        parameters.SetCommandLine(LowMemory.CommandLine);
    }

    // As high as the kernel allows, so that it is out of the way of what the kernel unpacks.
    private static void LoadInitrd(GuestMemory memory, BootParameters parameters, ReadOnlySpan<byte> initrd, KernelImage kernel, ulong lowMemoryEnd)
    {
        if (initrd.IsEmpty)
        {
            return;
        }

        ulong end = Math.Min(lowMemoryEnd, kernel.InitrdLimit + 1ul);
        ulong room = end - Math.Min(end, kernel.End);
        ulong address = (end - Math.Min(end, (ulong)initrd.Length)) & ~0xFFFul;
        if (address < kernel.End)
        {
            throw new ReplayKitException(205, ExitCode.WrongUsage, $"the initrd has {initrd.Length} bytes, beside the kernel there is room for {room}; give the guest more with --memory");
        }

        memory.Write(new GuestPhysical(address), initrd);
        parameters.SetInitrd((uint)address, (uint)initrd.Length);
    }

    private static void LoadSeed(GuestMemory memory, BootParameters parameters, ReadOnlySpan<byte> seed)
    {
        if (seed.IsEmpty)
        {
            return;
        }

        // struct setup_data: next, type, length, then the bytes.
        byte[] data = new byte[SetupDataHeader + Math.Min(seed.Length, LowMemory.SetupDataRoom - SetupDataHeader)];
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(8), SetupRngSeed);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(12), data.Length - SetupDataHeader);
        seed[..(data.Length - SetupDataHeader)].CopyTo(data.AsSpan(SetupDataHeader));
        memory.Write(new GuestPhysical(LowMemory.SetupData), data);
        parameters.SetSetupData(LowMemory.SetupData);
    }
}
