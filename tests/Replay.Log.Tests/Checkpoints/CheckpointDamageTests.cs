using System.Security.Cryptography;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log.Checkpoints;
using Replay.Log.Frames;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests.Checkpoints;

/// <summary>Changed, cut, missing and foreign files: each is refused by name, and never restored as another state.</summary>
public sealed class CheckpointDamageTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Position[] _positions;
    private readonly IReadOnlyList<StatePart> _hash;
    private readonly byte[] _content;

    // One for all rounds: whatever a refused checkpoint left in it, the next one that is taken brings all that it holds.
    private readonly ScribbledMachine _restored = new();

    public CheckpointDamageTests()
    {
        Random random = new(1);
        using CheckpointFolder folder = Folder();
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(folder, machine.Machine, machine.Disks);
        for (int i = 0; i < 3; i++)
        {
            machine.GoOn(random, 40);
            series.Begin().Write();
        }

        _positions = [.. folder.Positions()];
        _hash = machine.Machine.HashState();
        _content = machine.Content();
    }

    public void Dispose()
    {
        _restored.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void A_flipped_bit_is_damage_with_its_offset()
    {
        Random random = new(2);
        foreach (Position at in _positions)
        {
            byte[] whole = File.ReadAllBytes(FileOf(at));
            for (int flip = 0; flip < 100; flip++)
            {
                byte[] changed = [.. whole];
                int bit = flip < 40 ? (flip * 26) % (CheckpointHeader.Length * 8) : random.Next(whole.Length * 8);
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                File.WriteAllBytes(FileOf(at), changed);
                ReplayKitException? refusal = Restore();

                // A page that the last checkpoint holds anew is not read from an older file any more.
                Assert.True(refusal is not null || at != _positions[^1], $"bit {bit} of the checkpoint at {at}");
                Assert.True(refusal is null || (refusal.Code == 101 && refusal.Message.Contains("at offset ", StringComparison.Ordinal)), refusal?.Message);
            }

            File.WriteAllBytes(FileOf(at), whole);
        }

        Assert.Null(Restore());
    }

    [Fact]
    public void A_mutated_file_is_refused_or_makes_no_difference()
    {
        byte[][] whole = [.. _positions.Select(at => File.ReadAllBytes(FileOf(at)))];
        Fuzz.Run(400, random =>
        {
            int which = random.Next(whole.Length);
            File.WriteAllBytes(FileOf(_positions[which]), Mutations.Of(random, whole[which]));
            ReplayKitException? refusal = Restore();
            File.WriteAllBytes(FileOf(_positions[which]), whole[which]);
            return refusal is not null;
        });
    }

    [Fact]
    public void Mutated_contents_under_right_hashes_are_refused_or_make_no_difference()
    {
        string path = FileOf(_positions[^1]);
        byte[] whole = File.ReadAllBytes(path);
        CheckpointHeader header = CheckpointHeader.Read(whole);
        byte[] contents = new byte[header.ContentsLength];
        FrameCompression.Unpack(header.Codec, whole.AsSpan((int)header.ContentsOffset), contents);
        Fuzz.Run(400, random =>
        {
            byte[] changed = Mutations.Of(random, contents);
            CheckpointHeader fitting = header with
            {
                Codec = FrameCodec.Stored, ContentsLength = changed.Length, FileLength = header.ContentsOffset + changed.Length,
                ContentsHash = SHA256.HashData(changed),
            };
            File.WriteAllBytes(path, [.. fitting.ToBytes(), .. whole.AsSpan(CheckpointHeader.Length, (int)header.ContentsOffset - CheckpointHeader.Length), .. changed]);
            return Restore() is not null;
        });
    }

    [Fact]
    public void A_file_cut_anywhere_is_damage()
    {
        string path = FileOf(_positions[^1]);
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length += 1 + (whole.Length / 50))
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Equal(101, Restore()?.Code);
        }
    }

    [Fact]
    public void A_checkpoint_of_a_newer_version_is_refused() => Assert.Equal(103, WithHeader(header => header with { Version = 99 })?.Code);

    [Fact]
    public void A_checkpoint_with_an_unknown_codec_is_refused() => Assert.Equal(104, WithHeader(header => header with { Codec = (FrameCodec)9 })?.Code);

    [Fact]
    public void A_checkpoint_of_another_recording_is_refused() => Assert.Equal(121, WithHeader(header => header with { Recording = 7 })?.Code);

    [Fact]
    public void A_checkpoint_under_the_name_of_another_position_is_damage()
    {
        File.Copy(FileOf(_positions[0]), FileOf(_positions[^1]), overwrite: true);
        Assert.Equal(101, Restore()?.Code);
    }

    [Fact]
    public void A_missing_file_that_others_rest_on_is_named()
    {
        File.Delete(FileOf(_positions[0]));
        ReplayKitException? refusal = Restore();
        Assert.Equal(101, refusal?.Code);
        Assert.Contains($"{Path.GetFileName(FileOf(_positions[0]))}, which is missing", refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_made_again_is_not_taken_for_the_one_others_rest_on()
    {
        using (CheckpointFolder folder = Folder())
        using (ScribbledMachine machine = new())
        using (CheckpointSeries series = new(folder, machine.Machine, machine.Disks))
        {
            machine.Machine.Cpu.State.Retired = _positions[0].Retired;
            File.Delete(FileOf(_positions[0]));
            series.Begin().Write();
        }

        ReplayKitException? refusal = Restore();
        Assert.Equal(101, refusal?.Code);
        Assert.Contains("it rests on another", refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_writer_leaves_is_no_checkpoint()
    {
        File.WriteAllBytes(FileOf(new Position(0, 5)) + ".new", [1, 2, 3]);
        using CheckpointFolder folder = Folder();
        Assert.Equal(_positions, folder.Positions());
    }

    [Theory]
    [InlineData("0-00000000000000ff.rkcp", true)]
    [InlineData("0-00000000000000FF.rkcp", false)]
    [InlineData("00-00000000000000ff.rkcp", false)]
    [InlineData("0-ff.rkcp", false)]
    [InlineData("0-00000000000000ff.rkcp.new", false)]
    [InlineData("-1-00000000000000ff.rkcp", false)]
    [InlineData("notes.txt", false)]
    public void A_position_has_one_name(string name, bool isName) => Assert.Equal(isName, CheckpointFormat.TryParse(name, out _));

    private static CheckpointFolder Folder(string path) => new(path, 1, ScribbledMachine.Description);

    private CheckpointFolder Folder() => Folder(_temporary.Path);

    private string FileOf(Position at) => Path.Combine(_temporary.Path, CheckpointFormat.FileName(at));

    private ReplayKitException? WithHeader(Func<CheckpointHeader, CheckpointHeader> change)
    {
        string path = FileOf(_positions[^1]);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. change(CheckpointHeader.Read(whole)).ToBytes(), .. whole.AsSpan(CheckpointHeader.Length)]);
        return Restore();
    }

    // Restores the last checkpoint with all its pages. What is not refused must be the right state.
    private ReplayKitException? Restore()
    {
        using CheckpointFolder folder = Folder();
        byte[] content;
        try
        {
            _restored.GoTo(folder.Open(_positions[^1]));
            _restored.Machine.Memory.BringAll();
            content = _restored.Content();
        }
        catch (ReplayKitException refusal)
        {
            Assert.Equal(ExitCode.BadInput, refusal.ExitCode);
            return refusal;
        }

        Assert.Equal(_hash, _restored.Machine.HashState());
        Assert.True(_content.AsSpan().SequenceEqual(content));
        return null;
    }
}
