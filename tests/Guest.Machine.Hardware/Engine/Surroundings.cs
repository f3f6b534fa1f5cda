using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Engine;

/// <summary>Random instructions that change nothing, to stand before and behind the one under test so that an engine that translates
/// whole blocks meets it in many shapes.</summary>
/// <remarks>Some read the flags, some write memory twice so that it is as before, some end a block: flags, registers and TLB entries must live across them.</remarks>
internal sealed class Surroundings
{
    /// <summary>The most bytes of an instruction with its surroundings.</summary>
    public const int MaxBytes = 32 + (2 * Most * MostBytes);

    private const int Most = 6;
    private const int MostBytes = 20;
    private readonly byte[] code = new byte[MaxBytes];
    private int start;
    private int length;

    /// <summary>Instructions before the one under test.</summary>
    public int Before { get; private set; }

    /// <summary>Instructions behind it.</summary>
    public int Behind { get; private set; }

    /// <summary>The address of the first byte.</summary>
    public ulong Address { get; private set; }

    /// <summary>The address of the instruction behind the one under test.</summary>
    public ulong AfterInstruction { get; private set; }

    /// <summary>The address of the instruction behind everything.</summary>
    public ulong End => Address + (ulong)length;

    /// <summary>All bytes.</summary>
    public ReadOnlySpan<byte> Bytes => code.AsSpan(start, length);

    /// <summary>Surrounds an instruction with others; the same instruction at the same address always with the same ones.</summary>
    public void Make(ulong address, ReadOnlySpan<byte> instruction)
    {
        var rng = Rng.For(address, Fold(instruction), 0, 0);
        const int Middle = Most * MostBytes;
        instruction.CopyTo(code.AsSpan(Middle));
        start = Middle;
        (Before, Behind) = (0, 0);
        Span<byte> made = stackalloc byte[MostBytes];
        for (int left = rng.Below(Most); left > 0; left--)
        {
            int size = Neutral(ref rng, made, out int count);
            if (address - Arena.Code < (ulong)(Middle - start + size))
            {
                break;
            }

            start -= size;
            made[..size].CopyTo(code.AsSpan(start));
            Before += count;
        }

        Address = address - (ulong)(Middle - start);
        AfterInstruction = address + (ulong)instruction.Length;
        int end = Middle + instruction.Length;
        for (int left = GoesOn(address, instruction) ? rng.Below(Most) : 0; left > 0; left--)
        {
            int size = Neutral(ref rng, made, out int count);
            if (Address + (ulong)(end - start + size) > Arena.Code + Arena.CodeSize)
            {
                break;
            }

            made[..size].CopyTo(code.AsSpan(end));
            end += size;
            Behind += count;
        }

        length = end - start;
    }

    private static ulong Fold(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        foreach (byte value in bytes)
        {
            sum = (sum * 0x100_0000_01B3) ^ value;
        }

        return sum;
    }

    private static bool GoesOn(ulong address, ReadOnlySpan<byte> instruction)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader([.. instruction]), address);
        decoder.Decode(out Instruction decoded);
        return decoded.FlowControl == FlowControl.Next;
    }

    // One or two instructions that leave everything as it was.
    private static int Neutral(ref Rng rng, Span<byte> to, out int count)
    {
        int register = Free(ref rng);
        int other = Free(ref rng);
        int choice = rng.Below(10);
        count = choice is 1 or 2 or 3 or 9 ? 2 : 1;
        return choice switch
        {
            0 => Put(to, 0x90),
            1 => Twice(to, Rex(register, 0), 0xF7, (byte)(0xD0 | (register & 7))), // NOT
            2 => Twice(to, Rex(register, 0), 0x0F, (byte)(0xC8 | (register & 7))), // BSWAP
            3 => Twice(to, Rex(register, other), 0x87, (byte)(0xC0 | ((other & 7) << 3) | (register & 7))), // XCHG
            4 => Put(to, Rex(register, register), 0x89, (byte)(0xC0 | ((register & 7) << 3) | (register & 7))), // MOV
            5 => Put(to, Rex(register, register), 0x0F, (byte)(0x40 | rng.Below(16)), (byte)(0xC0 | ((register & 7) << 3) | (register & 7))), // CMOVcc
            6 => Put(to, (byte)(0x70 | rng.Below(16)), 0), // Jcc to the next instruction
            7 => Put(to, (byte)(0x40 | (register > 7 ? 5 : 0)), 0x0F, 0x28, (byte)(0xC0 | ((register & 7) * 9))), // MOVAPS
            8 => Put(to, Rex(register, register), 0x8D, (byte)(0x44 | ((register & 7) << 3)), (byte)(0x20 | (register & 7)), 0), // LEA r, [r + 0]
            _ => Exchange(ref rng, to, register),
        };
    }

    // Any register but RSP, whose encoding means something else in places.
    private static int Free(ref Rng rng) => rng.Below(15) is var r && r >= 4 ? r + 1 : r;

    private static byte Rex(int rm, int reg) => (byte)(0x48 | (rm >> 3) | ((reg >> 3) << 2));

    // XCHG with a place of the data window, twice.
    private static int Exchange(ref Rng rng, Span<byte> to, int register)
    {
        int at = (int)Arena.Data + (8 * rng.Below(Arena.DataSize / 8));
        return Twice(to, Rex(0, register), 0x87, (byte)(0x04 | ((register & 7) << 3)), 0x25, (byte)at, (byte)(at >> 8), (byte)(at >> 16), (byte)(at >> 24));
    }

    private static int Twice(Span<byte> to, params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(to);
        bytes.CopyTo(to[bytes.Length..]);
        return 2 * bytes.Length;
    }

    private static int Put(Span<byte> to, params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(to);
        return bytes.Length;
    }
}
