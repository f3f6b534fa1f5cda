using System.Globalization;
using Guest.Machine.Board;
using Guest.Machine.Devices.Apic;
using Guest.Machine.Devices.Pci;
using Guest.Machine.Memory;
using Guest.Machine.Tests.Devices.Virtio;

namespace Guest.Machine.Tests.Devices;

/// <summary>
/// Each device of the board against random accesses to its registers, with random time between them: no exception leaves it but the two by name, and its
/// state round-trips. <c>REPLAYKIT_FUZZ=1000000</c> is the long form, <c>REPLAYKIT_FUZZ_SEED</c> repeats one.
/// </summary>
public sealed class DeviceFuzzTests : IDisposable
{
    private static readonly PciDeviceDescription[] s_pci =
    [
        new EntropyDescription { Slot = 1, Name = "entropy0" },
        new BlockDescription { Slot = 2, Name = "disk0", Bytes = 1 << 20, ReadOnly = false, Serial = "fuzz" },
        new NetworkDescription { Slot = 3, Name = "network0", Mac = "52:54:00:12:34:56", Mtu = 1500 },
        new ConsoleDescription { Slot = 4, Name = "console0", Columns = 80, Rows = 24 },
        new PanicDescription { Slot = 31, Name = "panic0" },
    ];

    private readonly GuestMemory _memory = new(4 << 20);

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData("8259", 0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1)]
    [InlineData("8254", 0x40, 0x41, 0x42, 0x43, 0x61)]
    [InlineData("CMOS", 0x70, 0x71, 0x72, 0x73)]
    [InlineData("8250", 0x3F8, 0x3F9, 0x3FA, 0x3FB, 0x3FC, 0x3FD, 0x3FE, 0x3FF)]
    [InlineData("ACPI", 0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x608, 0x609, 0x60A, 0x60B)]
    [InlineData("reset", 0x64, 0x92, 0xCF9, 0x80)]
    [InlineData("PCI ports", 0xCF8, 0xCF9, 0xCFA, 0xCFC, 0xCFD, 0xCFE, 0xCFF)]
    public void Random_port_accesses_get_nothing_out_of(string device, params int[] ports) => Run(device, (board, random) =>
    {
        ushort port = (ushort)ports[random.Next(ports.Length)];
        int size = random.Next(4) == 0 ? 1 << random.Next(3) : device == "PCI ports" ? 4 : 1;
        if (random.Next(3) == 0)
        {
            board.Board.Ports.Read(port, size);
        }
        else
        {
            uint value = device == "PCI ports" && port == 0xCF8 && random.Next(4) != 0 ? PciAddress(random) : (uint)Word(random);
            board.Board.Ports.Write(port, size, value);
        }
    });

    [Theory]
    [InlineData("I/O APIC", IoApic.DefaultBase, 0x1000)]
    [InlineData("local APIC", LocalApic.DefaultBase, 0x1000)]
    [InlineData("PCI configuration", PciHost.ConfigurationBase, 0x10_0000)]
    [InlineData("PCI ranges", PciHost.HighWindow, 0x4_0000)]
    public void Random_memory_accesses_get_nothing_out_of(string device, ulong start, int length) => Run(device, (board, random) =>
    {
        LocalApic apic = board.Board.LocalApics[random.Next(board.Board.LocalApics.Count)];
        int size = 1 << random.Next(4);
        ulong offset = (ulong)random.Next(length - size);
        var address = new GuestPhysical(start + (random.Next(4) == 0 ? offset : offset & ~0xFul));
        if (random.Next(3) == 0)
        {
            board.Board.Mmio.Read(apic, address, size);
        }
        else
        {
            board.Board.Mmio.Write(apic, address, size, Word(random));
        }
    });

    [Fact]
    public void Random_registers_get_nothing_out_of_the_x2APIC() => Run("x2APIC", (board, random) =>
    {
        LocalApic apic = board.Board.LocalApics[random.Next(board.Board.LocalApics.Count)];
        uint register = random.Next(8) switch { 0 => 0x1B, 1 => 0x6E0, _ => (uint)(0x800 + random.Next(0x40)) };
        if (random.Next(3) == 0)
        {
            apic.TryReadMsr(register, out _);
        }
        else
        {
            apic.TryWriteMsr(register, register == 0x1B ? LocalApic.DefaultBase | ((ulong)random.Next(16) << 8) : Word(random));
        }

        if (apic.HasInterrupt && random.Next(2) == 0)
        {
            apic.Acknowledge();
        }
    });

    [Fact]
    public void A_mutated_state_is_restored_or_refused_by_name()
    {
        int seed = Seed();
        var random = new Random(seed);
        byte[] state = NewBoard().State();
        TestBoard board = NewBoard();
        int refused = 0;
        for (int round = 0; round < VirtioFuzz.Operations; round++)
        {
            byte[] mutated = [.. state];
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                int at = random.Next(mutated.Length);
                mutated[at] = random.Next(3) switch { 0 => (byte)(mutated[at] ^ (1 << random.Next(8))), 1 => (byte)random.Next(256), _ => 0xFF };
            }

            refused += IsRestored(board, random.Next(8) == 0 ? mutated[..random.Next(mutated.Length)] : mutated, $"REPLAYKIT_FUZZ_SEED={seed}, round {round}") ? 0 : 1;
        }

        Assert.InRange(refused, 1, VirtioFuzz.Operations - 1);
    }

    private static bool IsRestored(TestBoard board, byte[] state, string where)
    {
        try
        {
            var reader = new Guest.Machine.State.StateReader(state);
            foreach (Guest.Machine.Devices.IDevice device in board.Board.Devices)
            {
                device.Restore(reader);
            }

            board.State();
            return true;
        }
        catch (ReplayKitException error) when (error.Code == 280)
        {
            return false;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(where, error);
        }
    }

    private void Run(string device, Action<TestBoard, Random> act)
    {
        int seed = Seed();
        var random = new Random(seed);
        TestBoard board = NewBoard();
        for (int step = 0; step < VirtioFuzz.Operations; step++)
        {
            try
            {
                act(board, random);
                Pass(board, random);
            }
            catch (ReplayKitException error) when (error.Code is 270 or 271)
            {
                // INIT and a moved APIC end the run by name.
            }
            catch (Exception error)
            {
                Assert.Fail($"{device}: REPLAYKIT_FUZZ_SEED={seed}, step {step}: {error}");
            }

            if (step % 1000 == 999)
            {
                TestBoard other = NewBoard();
                other.Restore(board.State(), board.Now);
                Assert.True(board.State().AsSpan().SequenceEqual(other.State()), $"{device}: REPLAYKIT_FUZZ_SEED={seed}, step {step}: the state does not round-trip");
            }
        }
    }

    private static void Pass(TestBoard board, Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                board.Advance((ulong)random.Next(100_000));
                break;
            case 1:
                board.Board.Console.Receive([(byte)random.Next(256)]);
                break;
            case 2:
                _ = board.Apic.HasInterrupt ? board.Apic.Acknowledge() : 0;
                break;
            default:
                break;
        }
    }

    private TestBoard NewBoard() => new(cpus: 3, new PciSetup(s_pci, _memory, new TestBackEnds()));

    private static int Seed() => Environment.GetEnvironmentVariable("REPLAYKIT_FUZZ_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : Environment.TickCount;

    private static uint PciAddress(Random random) => 0x8000_0000u | ((uint)random.Next(5) switch { 4 => 31u, uint slot => slot } << 11) | ((uint)random.Next(64) << 2);

    private static ulong Word(Random random) => random.Next(3) switch
    {
        0 => (ulong)random.NextInt64() << random.Next(2),
        1 => (ulong)random.Next(256),
        _ => 1UL << random.Next(64),
    };
}
