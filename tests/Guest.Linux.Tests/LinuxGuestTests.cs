using Guest.Linux.Tests.Crafted;
using Guest.Machine;

namespace Guest.Linux.Tests;

/// <summary>Finding a kernel in memory, and recognising it.</summary>
public sealed class LinuxGuestTests
{
    [Theory]
    [InlineData(KallsymsLayout.AddressesFirst)]
    [InlineData(KallsymsLayout.AddressesFirstWithOrder)]
    [InlineData(KallsymsLayout.AddressesLast)]
    public void A_kernel_is_found_by_what_is_mapped_and_nothing_else(KallsymsLayout layout)
    {
        using CraftedTasks tasks = new(3, layout);
        LinuxKernel kernel = tasks.Kernel.Start();
        Assert.Equal("6.99.1-crafted", kernel.Release);
        Assert.Equal(new GuestVirtual(CraftedKernel.DirectMap), kernel.Memory.DirectMap);
        Assert.Equal("function_17", kernel.SymbolAt(new GuestVirtual(kernel.Symbols.AddressOf("function_17").Value + 63))!.Name);
        Assert.Null(kernel.SymbolAt(new GuestVirtual(0x1234)));
        Assert.Contains("RK0604", Assert.Throws<ReplayKitException>(() => kernel.Symbols.AddressOf("nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_the_kernel_is_mapped_the_answer_is_not_yet_and_after_it_the_kernel()
    {
        using CraftedTasks tasks = new(4);
        tasks.Kernel.WriteTables();
        LinuxGuest guest = new(tasks.Kernel.Memory);
        ulong tables = tasks.Kernel.Vcpu.State.Cr3;
        tasks.Kernel.Vcpu.State.Cr3 = tasks.Kernel.NewTables();
        Assert.Null(guest.Look(tasks.Kernel.Vcpu));
        Assert.StartsWith("not yet", guest.Missing, StringComparison.Ordinal);
        tasks.Kernel.Vcpu.State.Cr3 = tables;
        LinuxKernel kernel = guest.Look(tasks.Kernel.Vcpu)!;
        Assert.Null(guest.Missing);
        Assert.Same(kernel, guest.Look(tasks.Kernel.Vcpu));
        tasks.Kernel.Vcpu.State.Efer = 0;
        Assert.Null(guest.Look(tasks.Kernel.Vcpu));
        tasks.Kernel.Vcpu.State.Efer = 0xD01;
        Assert.Same(kernel, guest.Look(tasks.Kernel.Vcpu));
    }

    [Fact]
    public void With_page_table_isolation_the_kernel_is_found_from_user_mode_too()
    {
        using CraftedTasks tasks = new(5);
        tasks.Kernel.WriteTables();

        // The user's top table is the page behind the kernel's; of the image it maps one piece of code.
        ulong kernelTables = tasks.Kernel.Vcpu.State.Cr3;
        tasks.Kernel.Map(kernelTables + 0x1000, CraftedKernel.ImageStart + 0x10_0000, CraftedKernel.ImagePhysical + 0x10_0000);
        tasks.Kernel.Vcpu.State.Cr3 = kernelTables + 0x1000;
        LinuxKernel kernel = new LinuxGuest(tasks.Kernel.Memory).Look(tasks.Kernel.Vcpu)!;
        Assert.Equal("6.99.1-crafted", kernel.Release);
        Assert.Equal("swapper/0", kernel.Tasks.Current(tasks.Kernel.Vcpu)!.Name);
    }

    [Fact]
    public void What_is_mapped_at_the_kernels_place_without_symbols_is_no_kernel()
    {
        using CraftedTasks tasks = new(6);
        LinuxGuest guest = new(tasks.Kernel.Memory);
        Assert.Null(guest.Look(tasks.Kernel.Vcpu));
        Assert.Contains("no symbol table", guest.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_without_types_has_names_and_says_that_it_has_no_structures()
    {
        using CraftedTasks tasks = new(7);
        tasks.Kernel.WriteTables();
        LinuxKernel first = new LinuxGuest(tasks.Kernel.Memory).Look(tasks.Kernel.Vcpu)!;
        tasks.Kernel.WriteBytes(first.Symbols.AddressOf("__start_BTF").Value, new byte[8]);
        LinuxKernel kernel = new LinuxGuest(tasks.Kernel.Memory).Look(tasks.Kernel.Vcpu)!;
        Assert.NotNull(kernel.Symbols.Find("init_task"));
        Assert.Contains("RK0602", Assert.Throws<ReplayKitException>(() => kernel.Tasks).Message, StringComparison.Ordinal);
    }
}
