using System.Globalization;
using System.Text;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.State;
using Guest.Machine.X86;
using Iced.Intel;

namespace Replay.Engine.Segments;

/// <summary>The first instruction that two engines execute differently.</summary>
/// <param name="At">Where both are still the same; the next instruction is the one.</param>
/// <param name="Instruction">Its address, bytes and spelling.</param>
/// <param name="Differences">Each value that differs afterwards, with the one before: the name and the three of them.</param>
public sealed record Parting(Position At, string Instruction, IReadOnlyList<string> Differences)
{
    private const int MostBytes = 15;

    // The order in which the registers are saved begins and ends with these.
    private static readonly string[] s_first =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags", "retired"];

    private const int VectorBytes = 16 * 32;

    /// <summary>The parting in one line.</summary>
    public override string ToString() => $"the engines part at {At}, at the instruction {Instruction}: {string.Join("; ", Differences)}";

    /// <summary>The instruction that a vCPU executes next.</summary>
    internal static string Describe(Vcpu cpu)
    {
        byte[] bytes = Code(cpu);
        int bits = 16 << cpu.CodeSize;
        var decoder = Iced.Intel.Decoder.Create(bits, new ByteArrayCodeReader(bytes), cpu.State.Rip);
        Instruction instruction = decoder.Decode();
        string hex = Convert.ToHexString(bytes.AsSpan(0, instruction.IsInvalid ? bytes.Length : instruction.Length));
        return string.Create(CultureInfo.InvariantCulture, $"0x{cpu.State.Rip:x}: {hex} ({instruction})");
    }

    /// <summary>Everything in which two machines differ, one behind the other of the same instruction.</summary>
    /// <param name="before">The registers of each vCPU before it.</param>
    /// <param name="first">The one machine.</param>
    /// <param name="second">The other.</param>
    internal static IReadOnlyList<string> Compare(byte[][] before, VirtualMachine first, VirtualMachine second)
    {
        List<string> differences = [];
        for (int vcpu = 0; vcpu < before.Length; vcpu++)
        {
            AddRegisters(differences, before.Length == 1 ? string.Empty : $"vCPU {vcpu} ", before[vcpu], Registers(first.Cpus[vcpu]), Registers(second.Cpus[vcpu]));
        }

        AddMemory(differences, first, second);
        foreach ((StatePart left, StatePart right) in first.HashState().Zip(second.HashState()))
        {
            if (left != right && left.Kind is not (StatePartKind.Registers or StatePartKind.Memory))
            {
                differences.Add($"{left.Kind} {left.Number} differs");
            }
        }

        return differences;
    }

    private static void AddRegisters(List<string> differences, string whose, byte[] before, byte[] one, byte[] other)
    {
        for (int at = 0, size; at < one.Length; at += size)
        {
            size = SizeAt(at, one.Length);
            ReadOnlySpan<byte> left = one.AsSpan(at, size);
            ReadOnlySpan<byte> right = other.AsSpan(at, size);
            if (!left.SequenceEqual(right))
            {
                differences.Add($"{whose}{Name(at, one.Length)} {Hex(before.AsSpan(at, size))} becomes {Hex(left)} and {Hex(right)}");
            }
        }
    }

    /// <summary>The registers of a vCPU as they are saved.</summary>
    internal static byte[] Registers(Vcpu cpu)
    {
        StateWriter writer = new();
        CpuRegisters.Save(cpu, writer);
        return writer.Written.ToArray();
    }

    private static void AddMemory(List<string> differences, VirtualMachine first, VirtualMachine second)
    {
        for (int page = 0; page < first.Memory.PageCount; page++)
        {
            ReadOnlySpan<byte> left = first.Memory.Page(page);
            ReadOnlySpan<byte> right = second.Memory.Page(page);
            int at = left.CommonPrefixLength(right);
            if (at != left.Length)
            {
                int start = Math.Min(at, left.Length - 8);
                GuestPhysical address = Guest.Machine.Memory.GuestMemory.AddressOf(page);
                differences.Add(string.Create(CultureInfo.InvariantCulture, $"memory at {address} + 0x{start:x} is {Hex(left.Slice(start, 8))} and {Hex(right.Slice(start, 8))}"));
            }
        }
    }

    private static string Name(int at, int length) => at switch
    {
        _ when at / 8 < s_first.Length => s_first[at / 8],
        _ when at >= length - VectorBytes => string.Create(CultureInfo.InvariantCulture, $"ymm{(at - (length - VectorBytes)) / 32}.{(at - (length - VectorBytes)) / 8 % 4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"byte {at} of the registers"),
    };

    // Quadwords; one shorter piece makes up for the fields in the middle that are none.
    private static int SizeAt(int at, int length) => at == 8 * s_first.Length && (length - at) % 8 is var rest and > 0 ? rest : 8;

    // As a number: the highest byte first.
    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            text.Append(CultureInfo.InvariantCulture, $"{bytes[i]:x2}");
        }

        return text.ToString();
    }

    private static byte[] Code(Vcpu cpu)
    {
        List<byte> bytes = [];
        while (bytes.Count < MostBytes && cpu.TryPeek(new GuestVirtual(cpu.LinearPc + (ulong)bytes.Count), out byte value))
        {
            bytes.Add(value);
        }

        return [.. bytes];
    }
}
