using Guest.Machine.Hardware.Native;

namespace Guest.Machine.Tests.Hardware;

/// <summary>A test that needs a host whose kernel runs 32-bit code.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CompatibilityFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_isThere = new(HostCpu.Runs32BitCode);

    public CompatibilityFactAttribute() => Skip = s_isThere.Value ? null : "the host's kernel runs no 32-bit code";
}
