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
        Fuzz.Run(2000, random =>
        {
            byte[] changed = random.Next(4) == 0 ? Mutations.Of(random, whole) : [.. whole];
            changed = random.Next(20) == 0 ? whole[..random.Next(whole.Length)] : changed;
            if (changed.Length > 0)
            {
                changed[random.Next(Math.Min(40, changed.Length))] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Path_, changed);
            return IsRefused();
        });
    }

    private bool IsRefused()
    {
        try
        {
            using BlockSet set = BlockSet.Open(Path_);
            set.Read(0, new byte[Math.Min(set.Bytes, 1 << 20)]);
            return false;
        }
        catch (ReplayKitException refusal)
        {
            Assert.InRange(refusal.Code, 700, 708);
            return true;
        }
    }
}
