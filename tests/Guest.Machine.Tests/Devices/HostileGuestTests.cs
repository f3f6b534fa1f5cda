using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Tests.Devices;

public sealed class HostileGuestTests
{
    private static readonly int[] Ports =
    [
        .. Enumerable.Range(0x20, 2), .. Enumerable.Range(0x40, 4), 0x61, 0x64, .. Enumerable.Range(0x70, 4), 0x80, 0x92, .. Enumerable.Range(0xA0, 2),
        .. Enumerable.Range(0x3F8, 8), 0x4D0, 0x4D1, .. Enumerable.Range(0x600, 14), .. Enumerable.Range(0xCF8, 8), 0xFFFF,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_accesses_never_throw_and_the_state_round_trips_in_between(int salt)
    {
        int seed = Environment.TickCount + salt;
        var random = new Random(seed);
        var board = new TestBoard(cpus: 3);
        for (int step = 0; step < 60_000; step++)
        {
            try
            {
                Act(board, random);
            }
            catch (ReplayKitException error) when (error.Code is 270 or 271)
            {
                // INIT and a moved APIC end the run by name.
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, step {step}: {error}");
            }

            if (step % 500 == 0)
            {
                AssertRoundTrip(board, seed);
            }
        }
    }

    [Fact]
    public void Two_boards_that_are_treated_alike_have_the_same_state()
    {
        int seed = Environment.TickCount;
        var first = new TestBoard();
        var second = new TestBoard();
        Play(first, seed, lookAtIt: false);
        Play(second, seed, lookAtIt: true);
        Assert.True(first.State().AsSpan().SequenceEqual(second.State()), $"seed {seed}");
    }

    [Fact]
    public void A_restored_board_goes_on_like_the_one_it_was_saved_from()
    {
        int seed = Environment.TickCount;
        var first = new TestBoard();
        Play(first, seed, lookAtIt: false);
        var second = new TestBoard();
        second.Restore(first.State(), first.Now);
        Play(first, seed + 1, lookAtIt: false);
        Play(second, seed + 1, lookAtIt: false);
        Assert.True(first.State().AsSpan().SequenceEqual(second.State()), $"seed {seed}");
    }

    private static void Play(TestBoard board, int seed, bool lookAtIt)
    {
        var random = new Random(seed);
        for (int step = 0; step < 20_000; step++)
        {
            try
            {
                Act(board, random);
            }
            catch (ReplayKitException error) when (error.Code is 270 or 271)
            {
            }

            if (lookAtIt && step % 7 == 0)
            {
                _ = board.State();
            }
        }
    }

    private static void Act(TestBoard board, Random random)
    {
        int size = 1 << random.Next(3);
        ulong value = random.Next(4) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(256);
        LocalApic apic = board.Board.LocalApics[random.Next(board.Board.LocalApics.Count)];
        var address = new GuestPhysical((random.Next(2) == 0 ? LocalApic.DefaultBase : IoApic.DefaultBase) + (ulong)random.Next(0x1000 - 8));
        if (random.Next(2) == 0)
        {
            address = new GuestPhysical(address.Value & ~0xFul);
        }

        switch (random.Next(11))
        {
            case 0 or 1 or 2:
                board.Board.Ports.Write((ushort)Ports[random.Next(Ports.Length)], size, (uint)value);
                break;
            case 3 or 4:
                board.Board.Ports.Read((ushort)Ports[random.Next(Ports.Length)], size);
                break;
            case 5:
                board.Board.Mmio.Write(apic, address, size, value);
                break;
            case 6:
                board.Board.Mmio.Read(apic, address, size);
                break;
            case 7:
                apic.TryWriteMsr(Msr(random), random.Next(3) == 0 ? value : (ulong)random.Next(0x1000) | LocalApic.DefaultBase);
                break;
            case 8:
                apic.TryReadMsr(Msr(random), out _);
                break;
            case 9:
                if (apic.HasInterrupt)
                {
                    apic.Acknowledge();
                }

                board.Board.Console.Receive([(byte)value]);
                break;
            default:
                board.Advance((ulong)random.Next(100_000));
                break;
        }
    }

    private static uint Msr(Random random) => random.Next(8) switch
    {
        0 => 0x1B,
        1 => 0x6E0,
        _ => (uint)(0x800 + random.Next(0x40)),
    };

    private static void AssertRoundTrip(TestBoard board, int seed)
    {
        byte[] saved = board.State();
        var other = new TestBoard(board.Board.LocalApics.Count);
        other.Restore(saved, board.Now);
        Assert.True(saved.AsSpan().SequenceEqual(other.State()), $"seed {seed}");
        Assert.Equal(board.Board.NextDeadline, other.Board.NextDeadline);
        Assert.Equal(board.Apic.HasInterrupt, other.Apic.HasInterrupt);
    }
}
