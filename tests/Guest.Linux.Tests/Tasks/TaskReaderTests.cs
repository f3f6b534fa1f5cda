using Guest.Linux.Tasks;
using Guest.Linux.Tests.Crafted;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Tests.Tasks;

/// <summary>Lists of tasks as kernels with other layouts hold them, whole and broken.</summary>
public sealed class TaskReaderTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Processes_and_threads_are_listed_in_their_order(int seed, bool hotCurrent)
    {
        using CraftedTasks tasks = new(seed, hotCurrent: hotCurrent);
        ulong init = tasks.Start(1, tasks.Idle, "init", 1);
        tasks.Start(2, tasks.Idle, "kthreadd", 0x402, kernelThread: true);
        ulong shell = tasks.Start(40, init, "sh");
        tasks.StartThread(41, shell, "worker");
        tasks.StartThread(42, shell, "worker two");
        tasks.Run(shell);
        TaskReader reader = tasks.Kernel.Start().Tasks;
        Listing<GuestTask> all = reader.Processes();
        Assert.True(all.IsComplete);
        Assert.Equal(["swapper/0", "init", "kthreadd", "sh"], all.Items.Select(task => task.Name));
        Assert.Equal([0, 0, 0, 1], all.Items.Select(task => task.ParentPid));
        Assert.Equal([TaskState.Running, TaskState.Sleeping, TaskState.Idle, TaskState.Running], all.Items.Select(task => task.State));
        Assert.Equal([true, false, true, false], all.Items.Select(task => task.IsKernelThread));
        Assert.Equal(40_000_000UL, all.Items[3].StartTime);
        Assert.Equal([40, 41, 42], reader.Threads(all.Items[3]).Items.Select(task => task.Tid));
        Assert.Equal([40, 40, 40], reader.Threads(all.Items[3]).Items.Select(task => task.Pid));
        Assert.Equal(40, reader.Current(tasks.Kernel.Vcpu)!.Tid);
        Assert.Equal(shell, reader.Find(40)!.Address.Value);
        Assert.Null(reader.Find(99));
    }

    [Fact]
    public void The_current_task_is_found_again_after_each_switch_and_from_user_mode()
    {
        using CraftedTasks tasks = new(9);
        ulong first = tasks.Start(10, tasks.Idle, "first");
        ulong second = tasks.Start(11, tasks.Idle, "second");
        TaskReader reader = tasks.Kernel.Start().Tasks;
        foreach ((ulong task, int pid) in new[] { (first, 10), (second, 11), (first, 10), (tasks.Idle, 0) })
        {
            tasks.Run(task);
            Assert.Equal(pid, reader.Current(tasks.Kernel.Vcpu)!.Tid);
        }

        tasks.Run(second);
        ref ulong gs = ref tasks.Kernel.Vcpu.State.Segments[5].Base;
        (tasks.Kernel.Vcpu.State.KernelGsBase, gs) = (gs, 0x7F00_0000_1000);
        Assert.Equal(11, reader.Current(tasks.Kernel.Vcpu)!.Tid);
    }

    [Fact]
    public void A_list_in_a_circle_that_misses_its_head_ends_with_a_part_and_the_reason()
    {
        using CraftedTasks tasks = new(10);
        ulong one = tasks.Start(1, tasks.Idle, "one");
        ulong two = tasks.Start(2, tasks.Idle, "two");
        tasks.Link(tasks.Tasks(two), tasks.Tasks(one));
        Listing<GuestTask> all = tasks.Kernel.Start().Tasks.Processes();
        Assert.Contains("circle", all.Missing, StringComparison.Ordinal);
        Assert.Equal([0, 1, 2], all.Items.Select(task => task.Pid));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0xDEAD_BEEF_0000_0000)]
    [InlineData(0xFFFF_9A3C_8000_0000 + (31UL << 20))]
    [InlineData(ulong.MaxValue)]
    public void A_list_that_leads_astray_ends_with_a_part_and_the_reason(ulong astray)
    {
        using CraftedTasks tasks = new(11);
        ulong one = tasks.Start(1, tasks.Idle, "one");
        tasks.Link(tasks.Tasks(one), astray);
        Listing<GuestTask> all = tasks.Kernel.Start().Tasks.Processes();
        Assert.False(all.IsComplete);
        Assert.Equal([0, 1], all.Items.Take(2).Select(task => task.Pid));
    }

    [Fact]
    public void Objects_are_looked_around_in_by_name_and_paths_follow_pointers()
    {
        using CraftedTasks tasks = new(12);
        ulong mm = tasks.Kernel.New("mm_struct");
        tasks.Kernel.Set(mm, "mm_struct.pgd", 0x1234_5678);
        ulong task = tasks.Start(7, tasks.Idle, "seven", mm: mm);
        LinuxKernel kernel = tasks.Kernel.Start();
        KernelObject seven = kernel.Object("task_struct", new GuestVirtual(task));
        Assert.Equal("seven", seven.Member("comm")!.Value.Text());
        Assert.True(seven.Member("mm")!.Value.Member("pgd")!.Value.TryRead(out ulong table));
        Assert.Equal(0x1234_5678UL, table);
        Assert.Null(seven.Member("nothing"));
        Assert.Null(kernel.Object("task_struct", new GuestVirtual(tasks.Idle)).Member("mm")!.Value.Member("pgd"));
        KernelPath path = KernelPath.Of(kernel.Types, "task_struct.mm.pgd");
        Assert.True(path.TryRead(kernel.Memory, new GuestVirtual(task), out table));
        Assert.Equal(0x1234_5678UL, table);
        Assert.False(path.TryRead(kernel.Memory, new GuestVirtual(tasks.Idle), out _));
        Assert.Throws<ReplayKitException>(() => KernelPath.Of(kernel.Types, "task_struct.mm.nothing"));
    }

    [Theory]
    [InlineData(0u, 0u, 'R')]
    [InlineData(1u, 0u, 'S')]
    [InlineData(2u, 0u, 'D')]
    [InlineData(4u, 0u, 'T')]
    [InlineData(8u, 0u, 't')]
    [InlineData(0x80u, 0x10u, 'X')]
    [InlineData(0x80u, 0x20u, 'Z')]
    [InlineData(0x40u, 0u, 'P')]
    [InlineData(0x402u, 0u, 'I')]
    [InlineData(0x2001u, 0u, 'S')]
    [InlineData(0x200u, 0u, 'R')]
    public void States_have_the_letters_of_proc(uint state, uint exitState, char letter) => Assert.Equal(letter, TaskStates.Of(state, exitState).Letter());
}
