using System.Runtime.InteropServices;
using Guest.Machine.Native;

namespace Guest.Machine.Tests.Memory;

/// <summary>Pages around mapped memory that nobody may touch.</summary>
public sealed class GuardTests
{
    private const int CannotRead = 14; // EFAULT

    [Theory]
    [InlineData(0x1000)]
    [InlineData(0x5000)]
    [InlineData(0x200000)]
    [InlineData(0x4000000)]
    public void Nobody_reads_before_or_behind_a_mapped_range(int length)
    {
        using MappedRegion anonymous = MappedRegion.Anonymous((nuint)length);
        using MappedRegion large = MappedRegion.Anonymous((nuint)length);
        large.PreferLargePages();
        foreach (MappedRegion region in (MappedRegion[])[anonymous, large])
        {
            Assert.Equal(0, Touch(region.Address));
            Assert.Equal(0, Touch(region.Address + length - 1));
            foreach (int distance in (int[])[1, 0x1000, 0xFFFF])
            {
                Assert.Equal(CannotRead, Touch(region.Address - distance));
                Assert.Equal(CannotRead, Touch(region.Address + length - 1 + distance));
            }
        }
    }

    [Fact]
    public void A_ranges_guards_go_with_it()
    {
        int before = Maps().Count;
        for (int i = 0; i < 50; i++)
        {
            using MappedRegion region = MappedRegion.Anonymous(0x3000);
        }

        Assert.InRange(Maps().Count, 0, before + 20);
    }

    // Whoever asks the kernel to read a byte there is told that he cannot.
    private static int Touch(nint address)
    {
        int[] ends = new int[2];
        Assert.Equal(0, pipe(ends));
        nint written = write(ends[1], address, 1);
        int error = Marshal.GetLastPInvokeError();
        _ = close(ends[0]);
        _ = close(ends[1]);
        return written == 1 ? 0 : error;
    }

    private static List<string> Maps() => [.. File.ReadAllLines("/proc/self/maps")];

    [DllImport("libc", SetLastError = true)]
    private static extern int pipe([Out] int[] ends);

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int descriptor, nint bytes, nuint count);

    [DllImport("libc")]
    private static extern int close(int descriptor);
}
