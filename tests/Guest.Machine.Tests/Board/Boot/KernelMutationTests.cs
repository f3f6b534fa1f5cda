using System.Globalization;
using Guest.Machine.Board.Boot;
using Guest.Machine.Memory;

namespace Guest.Machine.Tests.Board.Boot;

/// <summary>Kernel files with random changes. <c>REPLAYKIT_MUTATIONS=1000000</c> makes the long form.</summary>
public sealed class KernelMutationTests
{
    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_MUTATIONS") ?? "3000", NumberStyles.None, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mutated_kernel_is_loaded_or_refused_by_name(bool isBzImage)
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] whole = isBzImage ? KernelFiles.BzImage() : KernelFiles.Vmlinux();
        using GuestMemory memory = new(64 << 20);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutated = [.. whole];
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                // The headers are at the beginning.
                int at = isBzImage ? 0x1F0 + random.Next(0x90) : random.Next(0xC0);
                mutated[at] = random.Next(3) switch { 0 => (byte)(mutated[at] ^ (1 << random.Next(8))), 1 => (byte)random.Next(256), _ => 0xFF };
            }

            byte[] file = random.Next(8) == 0 ? mutated[..random.Next(mutated.Length)] : mutated;
            try
            {
                LinuxLoader.Load(memory, new LinuxImages { Kernel = file, Initrd = new byte[random.Next(10_000)], CommandLine = "console=ttyS0" }, cpus: 1);
            }
            catch (ReplayKitException refusal) when (refusal.Code is >= 201 and <= 206)
            {
                refused++;
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}", error);
            }
        }

        Assert.InRange(refused, 1, Rounds);
    }
}
