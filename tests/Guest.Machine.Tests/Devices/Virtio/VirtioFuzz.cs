using System.Globalization;
using Guest.Machine.Board;
using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>
/// A hostile guest for one device: random registers, rings and descriptor chains, most of them nearly right so that they get far. The device
/// must let no exception out, touch nothing that no descriptor names, and be the same after its state went through a checkpoint.
/// </summary>
internal sealed class VirtioFuzz : IDisposable
{
    private const ulong Canary = 0x38_0000;
    private const int CanaryBytes = 0x8_0000;

    private readonly PciDeviceDescription _description;
    private readonly Action<VirtioGuest, Random> _input;
    private readonly int _seed;
    private readonly Random _random;
    private VirtioGuest _guest;
    private int _interrupts;

    private VirtioFuzz(PciDeviceDescription description, int seed, Action<VirtioGuest, Random> input)
    {
        _description = description;
        _input = input;
        _seed = seed;
        _random = new Random(seed);
        _guest = new VirtioGuest(description);
        _guest.Memory.Write(new GuestPhysical(Canary), Pattern());
    }

    /// <summary>Operations on each device; <c>REPLAYKIT_FUZZ=1000000</c> is the long form (bench/README.md).</summary>
    public static int Operations => int.Parse(
        Environment.GetEnvironmentVariable("REPLAYKIT_FUZZ") ?? "20000", NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Runs it.</summary>
    /// <param name="description">The device, in <see cref="VirtioGuest.Slot"/>.</param>
    /// <param name="input">Gives the device a random input.</param>
    public static void Run(PciDeviceDescription description, Action<VirtioGuest, Random> input)
    {
        int seed = Environment.GetEnvironmentVariable("REPLAYKIT_FUZZ_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : Environment.TickCount;
        using var fuzz = new VirtioFuzz(description, seed, input);
        for (int step = 0; step < Operations; step++)
        {
            fuzz.Step(step);
        }

        Assert.True(fuzz._interrupts > Operations / 1000, $"REPLAYKIT_FUZZ_SEED={seed}: only {fuzz._interrupts} interrupts: the guest does not get far enough");
    }

    public void Dispose() => _guest.Dispose();

    private void Step(int step)
    {
        try
        {
            Act();
        }
        catch (Exception error)
        {
            Assert.Fail($"REPLAYKIT_FUZZ_SEED={_seed}, step {step}: {error}");
        }

        if (step % 1000 == 999)
        {
            Assert.True(_guest.Bytes(Canary, CanaryBytes).AsSpan().SequenceEqual(Pattern()), $"REPLAYKIT_FUZZ_SEED={_seed}, step {step}: memory that no descriptor names was written");
            VirtioGuest restored = _guest.Restored(_description);
            Assert.True(_guest.Board.State().AsSpan().SequenceEqual(restored.Board.State()), $"REPLAYKIT_FUZZ_SEED={_seed}, step {step}: the state does not round-trip");
            _guest.Dispose();
            _guest = restored;
        }
    }

    private void Act()
    {
        switch (_random.Next(16))
        {
            case 0:
                _guest.Start(_random.Next(4) == 0 ? Word() : _guest.Transport.Device.Features | VirtioFeatures.Common, _random.Next(4) != 0, 1 << _random.Next(9));
                break;
            case 1:
                _guest.Write((uint)_random.Next(0x40), 1 << _random.Next(4), Word());
                break;
            case 2:
                _guest.Write((uint)_random.Next(0x5000), 1 << _random.Next(4), Word());
                break;
            case 3:
                _guest.Read((uint)_random.Next(0x5000), 1 << _random.Next(4));
                break;
            case 4:
                ActOnConfiguration();
                break;
            case 5:
                _guest.Memory.Write(new GuestPhysical(VirtioGuest.DescriptorsOf(Queue()) + (ulong)_random.Next(0x7000)), [(byte)_random.Next(256)]);
                break;
            case 6 or 7 or 8 or 9:
                Offer(Queue());
                break;
            case 10:
                _guest.Offer(Queue(), _random.Next(12));
                break;
            case 11 or 12:
                _guest.Notify(Queue());
                break;
            case 13:
                _interrupts += _guest.TakeInterrupt() == VirtioGuest.QueueVector ? 1 : 0;
                break;
            default:
                _input(_guest, _random);
                break;
        }
    }

    private void ActOnConfiguration()
    {
        if (_random.Next(3) == 0)
        {
            _guest.WritePci(_random.Next(64) * 4, 4, (uint)Word());
            _guest.WritePci(0x10, 4, 0xE011_0000);
            _guest.WritePci(0x14, 4, 0xE011_4000);
            _guest.WritePci(0x04, 2, 0x0006);
        }
        else
        {
            _guest.ReadPci(_random.Next(256) & ~3, 4);
        }
    }

    private void Offer(int queue)
    {
        (ulong, uint, bool)[] buffers = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => Buffer())];
        if (_random.Next(4) != 0)
        {
            buffers = [.. buffers.OrderBy(buffer => buffer.Item3)];
        }

        if (_random.Next(3) == 0)
        {
            _guest.AddIndirect(queue, VirtioGuest.Buffers + (ulong)(_random.Next(0x1000) * 16), buffers);
        }
        else
        {
            _guest.Add(queue, buffers);
        }

        if (_random.Next(2) == 0)
        {
            // The start of a header that some device may find sensible.
            _guest.Memory.Write(new GuestPhysical(buffers[0].Item1 < Canary ? buffers[0].Item1 : VirtioGuest.Buffers), [(byte)_random.Next(12), 0, 0, 0, 0, 0, 0, 0, (byte)_random.Next(256), 0, 0, 0]);
        }
    }

    private (ulong Address, uint Length, bool Writable) Buffer()
    {
        ulong address = _random.Next(40) switch
        {
            0 => Word(),
            1 => VirtioGuest.MemoryBytes + (ulong)_random.Next(0x1000),
            2 => VirtioGuest.UsedOf(Queue()),
            _ => VirtioGuest.Buffers + (ulong)_random.Next(0x10_0000),
        };
        uint length = _random.Next(40) switch
        {
            0 => (uint)Word(),
            1 => 0,
            2 => (uint)_random.Next(0x10_0000),
            < 12 => 16,
            < 20 => (uint)(512 * _random.Next(1, 9)),
            _ => (uint)_random.Next(1, 300),
        };

        // Only the canary must stay untouched: a range that reaches it is cut, one outside RAM stays as it is.
        bool reaches = address < Canary + CanaryBytes && address + length > Canary;
        return (address, reaches ? 1 : length, _random.Next(2) == 0);
    }

    private int Queue() => _random.Next(_guest.Transport.Queues.Length);

    private ulong Word() => _random.Next(3) switch
    {
        0 => (ulong)_random.NextInt64() << _random.Next(2),
        1 => (ulong)_random.Next(256),
        _ => 1UL << _random.Next(64),
    };

    private static byte[] Pattern()
    {
        byte[] pattern = new byte[CanaryBytes];
        Array.Fill(pattern, (byte)0xC3);
        return pattern;
    }
}
