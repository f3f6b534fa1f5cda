using System.Text.Json.Serialization;
using Guest.Linux;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Files;
using Guest.Linux.Modules;
using Guest.Linux.Tasks;
using Guest.Machine;
using Guest.Machine.X86;

namespace ReplayKit.Cli.Names;

/// <summary>What <c>ps</c> prints: at most one of its lists is there.</summary>
/// <param name="Recording">The recording.</param>
/// <param name="At">The position.</param>
/// <param name="Kernel">The kernel's release, or null where there is no kernel yet.</param>
/// <param name="Current">The thread that runs; 0 is the idle one.</param>
/// <param name="Missing">Why the list is not complete, or empty; null where it is complete.</param>
internal sealed record PsAnswer(string Recording, string At, string? Kernel, int? Current, string? Missing)
{
    /// <summary>Processes, or threads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PsTask>? Tasks { get; init; }

    /// <summary>The pieces of one process's memory.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PsArea>? Maps { get; init; }

    /// <summary>The open files of one process.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PsFile>? Files { get; init; }

    /// <summary>The kernel's modules.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PsModule>? Modules { get; init; }

    /// <summary>The call stacks of one process's threads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PsStack>? Stacks { get; init; }

    /// <summary>The answer before there is a kernel.</summary>
    public static PsAnswer NotYet(string recording, Position at, string why) => new(recording, at.ToString(), null, null, why);

    /// <summary>The answer of a kernel.</summary>
    /// <exception cref="ReplayKitException">RK0314: there is no such process.</exception>
    public static PsAnswer Of(string recording, Position at, LinuxKernel kernel, Vcpu vcpu, PsQuestion question)
    {
        PsAnswer answer = new(recording, at.ToString(), kernel.Release, kernel.Tasks.Current(vcpu)?.Tid, null);
        if (question.Maps is { } mapped)
        {
            Listing<MappedArea> areas = kernel.AddressSpaces.Of(Find(kernel, mapped))?.Areas() ?? new Listing<MappedArea>([]);
            return answer with { Maps = [.. areas.Items.Select(PsArea.Of)], Missing = areas.Missing };
        }

        if (question.Files is { } opened)
        {
            Listing<OpenFile> files = kernel.Files.OpenedBy(Find(kernel, opened));
            return answer with { Files = [.. files.Items.Select(file => new PsFile(file.Descriptor, file.File.Path, file.Flags, file.Position))], Missing = files.Missing };
        }

        if (question.Modules)
        {
            Listing<KernelModule> modules = kernel.Modules.All();
            return answer with { Modules = [.. modules.Items.Select(PsModule.Of)], Missing = modules.Missing };
        }

        if (question.Stacks is { } stacks)
        {
            return answer with { Stacks = PsStack.Of(kernel, vcpu, Find(kernel, stacks)) };
        }

        Listing<GuestTask> processes = kernel.Tasks.Processes();
        IEnumerable<GuestTask> tasks = question.Threads ? processes.Items.SelectMany(process => kernel.Tasks.Threads(process).Items) : processes.Items;
        return answer with { Tasks = [.. tasks.Select(task => PsTask.Of(kernel, task))], Missing = processes.Missing };
    }

    private static GuestTask Find(LinuxKernel kernel, int pid) => kernel.Tasks.Find(pid) ?? throw UsageError.NoProcess(pid);
}
