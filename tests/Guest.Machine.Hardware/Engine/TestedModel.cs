using Guest.Machine.Hardware.Generate;
using Guest.Machine.X86;

namespace Guest.Machine.Hardware.Engine;

/// <summary>The processor model cases run on: it announces what is compared.</summary>
internal static class TestedModel
{
    /// <summary>A model without CPUID answers, since CPUID is not compared.</summary>
    public static CpuModel Create() => new("compared", [], [.. TestedCodes.Features]);
}
