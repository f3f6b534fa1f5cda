using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Replay.Log.Checkpoints;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests.Checkpoints;

/// <summary>Checkpoints of a machine that goes on: what is restored, and what it costs.</summary>
public sealed class CheckpointSeriesTests : IDisposable
{
    private const int Count = 40;
    private readonly TemporaryFolder _temporary = new();
    private readonly CheckpointFolder _folder;

    public CheckpointSeriesTests() => _folder = new CheckpointFolder(_temporary.Path, 1, ScribbledMachine.Description);

    public void Dispose()
    {
        _folder.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void A_restored_machine_holds_what_the_saved_one_held()
    {
        List<Place> places = Make(Count, seed: 1);
        Assert.Equal(places.Select(place => place.At), _folder.Positions());
        foreach (Place place in places)
        {
            using CheckpointFolder reopened = new(_temporary.Path, 1, ScribbledMachine.Description);
            using ScribbledMachine fresh = new();
            fresh.GoTo(reopened.Open(place.At));
            Check(place, fresh);
        }
    }

    [Fact]
    public void A_machine_goes_from_any_checkpoint_to_any_other()
    {
        List<Place> places = Make(Count, seed: 2);
        Random random = new(2);
        using ScribbledMachine machine = new();
        for (int i = 0; i < 200; i++)
        {
            Place place = places[random.Next(places.Count)];
            machine.GoTo(_folder.Open(place.At));
            if (random.Next(3) == 0)
            {
                Check(place, machine);
            }

            // Some pages are accessed, some are written, most stay away.
            machine.GoOn(random, 3);
        }
    }

    [Fact]
    public void The_machine_may_write_everything_while_a_checkpoint_is_written()
    {
        Random random = new(3);
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(_folder, machine.Machine, machine.Disks);
        List<Place> places = [];
        for (int i = 0; i < 10; i++)
        {
            machine.GoOn(random, 300);
            places.Add(Place.Of(machine));
            CheckpointJob job = series.Begin();
            Thread writer = new(job.Write);
            writer.Start();
            while (writer.IsAlive)
            {
                machine.Machine.Memory.Write(GuestMemory.AddressOf(random.Next(ScribbledMachine.Pages)), [1, 2, 3]);
            }

            writer.Join();
        }

        using ScribbledMachine other = new();
        foreach (Place place in places)
        {
            other.GoTo(_folder.Open(place.At));
            Check(place, other);
        }
    }

    [Fact]
    public void A_checkpoint_costs_what_changed()
    {
        Random random = new(4);
        using ScribbledMachine machine = new() { WritesDisk = false };
        using CheckpointSeries series = new(_folder, machine.Machine, machine.Disks);
        machine.GoOn(random, 900);
        series.Begin().Write();
        Checkpoint first = _folder.Open(machine.Machine.Position);
        machine.Machine.Cpu.State.Retired++;
        machine.Machine.Memory.Write(GuestMemory.AddressOf(5), [1]);
        series.Begin().Write();
        Checkpoint second = _folder.Open(machine.Machine.Position);

        Assert.Equal(1, second.OwnPages);
        Assert.True(second.Bytes < 8000, $"{second.Bytes} bytes after {first.Bytes}");
        Assert.InRange(first.OwnPages, 100, first.UsedPages);
    }

    [Fact]
    public void Content_is_stored_once_wherever_it_stands()
    {
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(_folder, machine.Machine, machine.Disks);
        byte[] content = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * i))];
        for (int page = 0; page < 100; page++)
        {
            machine.Machine.Memory.Write(GuestMemory.AddressOf(page), content);
        }

        series.Begin().Write();
        Assert.Equal(1, _folder.Open(machine.Machine.Position).OwnPages);
        machine.Machine.Cpu.State.Retired++;
        machine.Machine.Memory.Write(GuestMemory.AddressOf(500), content);
        series.Begin().Write();
        Checkpoint second = _folder.Open(machine.Machine.Position);
        Assert.Equal((0, 101), (second.OwnPages, second.UsedPages));
    }

    [Fact]
    public void No_table_stands_on_more_than_a_few_others()
    {
        foreach (Place place in Make(Count, seed: 5))
        {
            Assert.InRange(_folder.Open(place.At).Depth, 0, CheckpointFormat.LongestChain);
        }
    }

    [Fact]
    public void A_series_goes_on_from_a_checkpoint_that_another_one_made()
    {
        List<Place> places = Make(4, seed: 6);
        Random random = new(6);
        using CheckpointFolder reopened = new(_temporary.Path, 1, ScribbledMachine.Description);
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(reopened, machine.Machine, machine.Disks);
        Checkpoint from = reopened.Open(places[2].At);
        machine.GoTo(from);
        series.ContinueFrom(from);
        machine.GoOn(random, 2);
        machine.Machine.Cpu.State.Retired += 10_000_000;
        Place added = Place.Of(machine);
        series.Begin().Write();
        Assert.InRange(reopened.Open(added.At).OwnPages, 0, 2);

        using ScribbledMachine other = new();
        foreach (Place place in places.Append(added))
        {
            other.GoTo(_folder.Open(place.At));
            Check(place, other);
        }
    }

    [Fact]
    public void Going_live_from_a_restored_machine_its_first_checkpoint_holds_everything()
    {
        Place place = Make(5, seed: 7)[^1];
        using ScribbledMachine machine = new();
        machine.GoTo(_folder.Open(place.At));
        string path = Path.Combine(_temporary.Path, "other");
        using CheckpointFolder other = new(path, 2, ScribbledMachine.Description);
        using (CheckpointSeries series = new(other, machine.Machine, machine.Disks))
        {
            series.Begin().Write();
        }

        Directory.GetFiles(_temporary.Path).ToList().ForEach(File.Delete);
        using ScribbledMachine fresh = new();
        fresh.GoTo(other.Open(place.At));
        Check(place, fresh);
    }

    [Fact]
    public void After_one_that_could_not_be_written_the_next_checkpoint_holds_everything()
    {
        Random random = new(8);
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(_folder, machine.Machine, machine.Disks);
        machine.GoOn(random, 50);
        series.Begin().Write();
        machine.GoOn(random, 50);
        CheckpointJob job = series.Begin();
        Directory.CreateDirectory(_folder.FileOf(job.At) + ".new");
        Assert.Equal(110, Assert.Throws<ReplayKitException>(job.Write).Code);
        Assert.False(_folder.Has(job.At));
        machine.GoOn(random, 50);
        Place place = Place.Of(machine);
        series.Begin().Write();

        using ScribbledMachine other = new();
        other.GoTo(_folder.Open(place.At));
        Check(place, other);
    }

    [Fact]
    public void Two_checkpoints_cannot_be_begun_at_once()
    {
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(_folder, machine.Machine, machine.Disks);
        CheckpointJob job = series.Begin();
        Assert.Throws<InvalidOperationException>(() => series.Begin());
        job.Write();
        machine.Machine.Cpu.State.Retired++;
        series.Begin().Write();
    }

    [Fact]
    public void A_block_of_a_disk_that_also_stands_in_memory_is_stored_once()
    {
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(_folder, machine.Machine, machine.Disks);
        byte[] content = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * i))];
        machine.Machine.Memory.Write(GuestMemory.AddressOf(7), content);
        machine.Disk.Write(5 * 4096, content);
        machine.Disk.Write(9 * 4096, new byte[4096]);
        series.Begin().Write();
        Checkpoint checkpoint = _folder.Open(machine.Machine.Position);
        Assert.Equal(1, checkpoint.OwnPages);
        Assert.Equal([5, 9], checkpoint.Disk(ScribbledMachine.Slot)!.Blocks.Order());
    }

    private List<Place> Make(int count, int seed)
    {
        Random random = new(seed);
        using ScribbledMachine machine = new();
        using CheckpointSeries series = new(_folder, machine.Machine, machine.Disks);
        List<Place> places = [];
        for (int i = 0; i < count; i++)
        {
            machine.GoOn(random, i == 0 ? 600 : random.Next(60));
            places.Add(Place.Of(machine));
            series.Begin().Write();
        }

        return places;
    }

    private static void Check(Place place, ScribbledMachine machine)
    {
        Assert.Equal(place.At, machine.Machine.Position);
        Assert.Equal(place.Hash, machine.Machine.HashState());
        Assert.True(place.Content.AsSpan().SequenceEqual(machine.Content()), $"RAM at {place.At} is another one");
        Assert.Equal(0, machine.Machine.Memory.AbsentPages);
    }

    private sealed record Place(Position At, IReadOnlyList<StatePart> Hash, byte[] Content)
    {
        public static Place Of(ScribbledMachine machine) => new(machine.Machine.Position, machine.Machine.HashState(), machine.Content());
    }
}
