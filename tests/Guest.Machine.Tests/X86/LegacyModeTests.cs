using System.Globalization;
using System.Runtime.InteropServices;
using Guest.Machine.X86;

namespace Guest.Machine.Tests.X86;

/// <summary>32-bit and 16-bit code against what the host's CPU did with it.</summary>
public sealed class LegacyModeTests
{
    private const ulong Compared = 0x24_4CD5;

    [Fact]
    public void Code_of_32_and_16_bits_does_what_hardware_did()
    {
        using var machine = new CompatibilityMachine();
        string[] lines = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "X86", "vectors", "legacy-modes.txt")).Where(line => !line.StartsWith('#'))];
        Assert.NotEmpty(lines);
        Assert.Equal(lines, lines.Select(line => Again(machine, line)));
    }

    private static string Again(CompatibilityMachine machine, string line)
    {
        string[] parts = line.Split(" | ");
        string[] input = parts[0].Split(' ');
        Span<byte> data = stackalloc byte[CompatibilityMachine.DataSize];
        Fill(MemoryMarshal.Cast<byte, ulong>(data), Hex(input[11]));
        machine.Prepare(int.Parse(input[0], CultureInfo.InvariantCulture), Convert.FromHexString(input[1]), data, Hex(input[2]));
        Span<ulong> registers = MemoryMarshal.CreateSpan(ref machine.State.Rax, 8);
        for (int i = 0; i < 8; i++)
        {
            registers[i] = Hex(input[3 + i]);
        }

        (int vector, ulong rip, ulong flags, ulong rsp) = machine.Run();
        registers[4] = rsp;
        machine.ReadData(data);
        string after = string.Join(' ', registers.ToArray().Select(value => ((uint)value).ToString("x", CultureInfo.InvariantCulture)));
        string result = string.Create(CultureInfo.InvariantCulture, $"{vector} {rip:x} {flags & Compared:x} {after} {Hash(MemoryMarshal.Cast<byte, ulong>(data)):x16}");
        return string.Join(" | ", parts[0], result, parts[2]);
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static void Fill(Span<ulong> data, ulong seed)
    {
        ulong value = seed | 1;
        foreach (ref ulong quad in data)
        {
            value ^= value << 13;
            value ^= value >> 7;
            value ^= value << 17;
            quad = value;
        }
    }

    private static ulong Hash(ReadOnlySpan<ulong> data)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (ulong quad in data)
        {
            hash = (hash ^ quad) * 0x100_0000_01B3;
        }

        return hash;
    }
}
