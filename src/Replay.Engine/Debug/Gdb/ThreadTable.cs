using System.Globalization;
using Guest.Linux.Tasks;
using Guest.Machine.Board;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The threads that gdb is shown: the vCPUs, or where a process was chosen that process's threads; the vCPU in turn too, while it runs none of them.</summary>
/// <param name="machine">The machine.</param>
/// <param name="guest">What it runs.</param>
/// <param name="process">The choice.</param>
internal sealed class ThreadTable(VirtualMachine machine, GuestView guest, ProcessFilter process)
{
    // Of a vCPU beside the threads of a process: above the number that any of them can have.
    private const int VcpuBeside = 1 << 24;

    /// <summary>All of them.</summary>
    internal IReadOnlyList<DebuggedThread> All()
    {
        if (!process.IsRestricted)
        {
            return [.. machine.Cpus.Select(OfVcpu)];
        }

        List<DebuggedThread> threads = [.. guest.ThreadsOf(process.Find()).Select(OfTask)];
        return threads.Exists(thread => thread.Cpu == machine.Cpu) ? threads : [.. threads, OfVcpu(machine.Cpu)];
    }

    /// <summary>The one that is about to begin an instruction.</summary>
    internal DebuggedThread Running => On(machine.Cpu);

    /// <summary>The one that a vCPU runs.</summary>
    internal DebuggedThread On(Vcpu cpu) => process.IsRestricted && guest.CurrentTask(cpu) is { } task && process.IsChosen(task) ? OfTask(task) : OfVcpu(cpu);

    /// <summary>The one of a number as packets write it; 0 and -1, which mean any, are the one that runs. Null where there is none.</summary>
    internal DebuggedThread? Find(string number)
    {
        if (number is "0" or "-1" || number.Length == 0)
        {
            return Running;
        }

        return int.TryParse(number, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int id) ? All().FirstOrDefault(thread => thread.Id == id) : null;
    }

    private DebuggedThread OfTask(GuestTask task)
    {
        Vcpu? cpu = machine.Cpus.FirstOrDefault(cpu => guest.IsCurrent(task, cpu));
        return new DebuggedThread(task.Tid, $"{GuestView.Printable(task.Name)}, {(cpu is null ? Words(task.State) : "running")}", task, cpu);
    }

    private static string Words(TaskState state) => state == TaskState.Running ? "ready to run" : state.ToString().ToLowerInvariant();

    private DebuggedThread OfVcpu(Vcpu cpu)
    {
        string task = guest.CurrentTask(cpu) is { } current ? $", {GuestView.Printable(current.Name)}/{current.Tid}" : "";
        return new DebuggedThread((process.IsRestricted ? VcpuBeside : 1) + cpu.Index, string.Create(CultureInfo.InvariantCulture, $"CPU {cpu.Index}{task}"), null, cpu);
    }
}
