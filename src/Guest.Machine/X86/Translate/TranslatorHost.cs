using System.Runtime.Intrinsics.X86;

namespace Guest.Machine.X86.Translate;

/// <summary>What emitted code needs of the host's processor, whatever the guest's is.</summary>
internal static class TranslatorHost
{
    /// <summary>Refuses a host that lacks it.</summary>
    /// <exception cref="ReplayKitException">RK0424: the features are named.</exception>
    internal static void Require()
    {
        if (!Bmi1.X64.IsSupported || !Bmi2.X64.IsSupported || !Avx.IsSupported)
        {
            throw new ReplayKitException(424, ExitCode.HostCannot, "this host's processor lacks BMI1, BMI2 or AVX, which the translator uses; use --engine interpreter");
        }
    }
}
