using System.Globalization;
using Guest.Linux.Modules;

namespace ReplayKit.Cli.Names;

/// <summary>One line of <c>ps --modules</c>.</summary>
/// <param name="Name">The module.</param>
/// <param name="State"><c>live</c>, <c>coming</c>, <c>going</c> or <c>unformed</c>.</param>
/// <param name="Start">Where its code begins, hexadecimal.</param>
/// <param name="Bytes">All its memory.</param>
internal sealed record PsModule(string Name, string State, string Start, ulong Bytes)
{
    /// <summary>The line of a module.</summary>
    public static PsModule Of(KernelModule module) => new(
        module.Name,
        module.State switch { ModuleState.Live => "live", ModuleState.Coming => "coming", ModuleState.Going => "going", _ => "unformed" },
        (module.Parts.Count == 0 ? 0 : module.Parts[0].Start.Value).ToString("x16", CultureInfo.InvariantCulture),
        module.Parts.Aggregate(0UL, (sum, part) => sum + part.Length));
}
