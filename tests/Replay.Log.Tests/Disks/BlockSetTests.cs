using Guest.Machine;
using Replay.Log.Disks;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests.Disks;

/// <summary>Files with some blocks of a disk.</summary>
public sealed class BlockSetTests : IDisposable
{
    private const int Size = (10 * 4096) + 512;
    private readonly TemporaryFolder _folder = new();
    private readonly NoiseImage _image = new(Size);

    public BlockSetTests() => BlockSet.Write(Path_, _image, [1, 2, 7, 10]);

    private string Path_ => _folder.File("1.blocks");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4096, 8192)]
    [InlineData(5000, 100)]
    [InlineData(8191, 2)]
    [InlineData(10 * 4096, 512)]
    public void What_is_there_reads_as_in_the_image(int offset, int length)
    {
        using BlockSet set = BlockSet.Open(Path_);
        Assert.Equal(Size, set.Bytes);
        byte[] expected = new byte[length];
        byte[] found = new byte[length];
        _image.Read(offset, expected);
        set.Read(offset, found);
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4096, 8193)]
    public void What_is_not_there_is_refused_by_name(int offset, int length)
    {
        using BlockSet set = BlockSet.Open(Path_);
        Assert.Equal(708, Assert.Throws<ReplayKitException>(() => set.Read(offset, new byte[length])).Code);
    }

    [Fact]
    public void A_file_that_is_cut_or_changed_is_refused_or_reads_the_blocks_that_it_says()
    {
        byte[] whole = File.ReadAllBytes(Path_);
        Random random = new(1);
        for (int round = 0; round < MutationTests.RoundsOr(2000); round++)
        {
            byte[] changed = round < 100 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (round >= 100)
            {
                changed[random.Next(40)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Path_, changed);
            try
            {
                using BlockSet set = BlockSet.Open(Path_);
                set.Read(0, new byte[set.Bytes > 1 << 20 ? 1 << 20 : set.Bytes]);
            }
            catch (ReplayKitException refusal)
            {
                Assert.InRange(refusal.Code, 700, 708);
            }
        }
    }
}
