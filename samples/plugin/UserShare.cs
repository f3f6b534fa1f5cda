using Replay.Engine.Observe;

namespace Samples;

/// <summary>Says how many of the instructions were the kernel's and how many the programs'.</summary>
/// <param name="perMille">Whether to give shares of a thousand beside the numbers.</param>
public sealed class UserShare(bool perMille = true) : ISegmentedPlugin<UserShare>
{
    private readonly PerVcpu<long> _all = new();
    private readonly PerVcpu<long> _user = new();

    /// <inheritdoc/>
    public static string Name => "user-share";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.InstructionRetired(_all);
        on.InstructionRetired(_user, new CodeFilter { Ring = 3 });
    }

    /// <inheritdoc/>
    public void Append(UserShare next)
    {
        _all.Add(next._all);
        _user.Add(next._user);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        Add(report, "programs", _user.Total);
        Add(report, "kernel", _all.Total - _user.Total);
    }

    private void Add(IReport report, string who, long count)
    {
        if (perMille)
        {
            report.Row(("who", who), ("instructions", count), ("per_mille", 1000 * count / Math.Max(1, _all.Total)));
        }
        else
        {
            report.Row(("who", who), ("instructions", count));
        }
    }
}
