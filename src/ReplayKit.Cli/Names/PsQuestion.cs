namespace ReplayKit.Cli.Names;

/// <summary>What <c>ps</c> is asked for.</summary>
/// <param name="Threads">Every thread, rather than processes only.</param>
/// <param name="Maps">The process whose memory is wanted, or null.</param>
/// <param name="Files">The process whose open files are wanted, or null.</param>
/// <param name="Modules">The kernel's modules.</param>
/// <param name="Stacks">The process whose threads' call stacks are wanted, or null.</param>
internal readonly record struct PsQuestion(bool Threads, int? Maps, int? Files, bool Modules, int? Stacks)
{
    /// <summary>Checks that the options can be asked together.</summary>
    public static PsQuestion Of(bool threads, int? maps, int? files, bool modules, int? stacks)
    {
        int lists = (threads ? 1 : 0) + (maps is null ? 0 : 1) + (files is null ? 0 : 1) + (modules ? 1 : 0) + (stacks is null ? 0 : 1);
        return lists <= 1 ? new PsQuestion(threads, maps, files, modules, stacks) : throw UsageError.Contradiction("--threads, --maps, --files, --modules and --stacks each ask for another list");
    }
}
