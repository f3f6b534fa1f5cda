using Guest.Machine.Hardware.Compare;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware;

/// <summary>Runs 8-bit arithmetic with every operand and every carry.</summary>
public sealed class Exhaustive(Comparer comparer)
{
    private readonly Case current = new();

    /// <summary>The encodings: two operands in AL and CL (or a count in CL), or one in AL.</summary>
    public static IReadOnlyList<(byte[] Bytes, bool Binary)> Encodings { get; } =
    [
        // add, or, adc, sbb, and, sub, xor, cmp al, cl
        .. Enumerable.Range(0, 8).Select(op => (new byte[] { (byte)(op << 3), 0xC8 }, true)),
        // test al, cl; xadd al, cl; cmpxchg cl, cl; mul cl; imul cl
        ([0x84, 0xC8], true), ([0x0F, 0xC0, 0xC8], true), ([0x0F, 0xB0, 0xC9], true), ([0xF6, 0xE1], true), ([0xF6, 0xE9], true),
        // rol, ror, rcl, rcr, shl, shr, sal, sar al, cl
        .. Enumerable.Range(0, 8).Select(op => (new byte[] { 0xD2, (byte)(0xC0 | (op << 3)) }, true)),
        // ... and by 1
        .. Enumerable.Range(0, 8).Select(op => (new byte[] { 0xD0, (byte)(0xC0 | (op << 3)) }, false)),
        // inc, dec, not, neg al; cbw
        ([0xFE, 0xC0], false), ([0xFE, 0xC8], false), ([0xF6, 0xD0], false), ([0xF6, 0xD8], false), ([0x66, 0x98], false),
    ];

    /// <summary>Runs everything.</summary>
    /// <param name="report">Receives each mismatch, as a function that makes its text.</param>
    /// <returns>How many cases ran, and how many differed.</returns>
    public Tally Run(Action<Func<string>> report)
    {
        var tally = new Tally();
        foreach ((byte[] bytes, bool binary) in Encodings)
        {
            Load(bytes);
            for (int operands = 0; operands < (binary ? 0x1_0000 : 0x100); operands++)
            {
                One(operands, 0x202, tally, report);
                One(operands, 0x203, tally, report);
            }
        }

        Divisions(tally, report);
        return tally;
    }

    // Every quotient of a few divisors: AX / CL, unsigned and signed.
    private void Divisions(Tally tally, Action<Func<string>> report)
    {
        foreach (byte extension in (ReadOnlySpan<byte>)[0xF1, 0xF9])
        {
            Load([0xF6, extension]);
            foreach (byte divisor in (ReadOnlySpan<byte>)[1, 2, 3, 0x7F, 0x80, 0x81, 0xFE, 0xFF])
            {
                for (int dividend = 0; dividend < 0x1_0000; dividend += 3)
                {
                    current.State.Gpr[0] = (ulong)dividend;
                    current.State.Gpr[1] = divisor;
                    current.State.Rflags = 0x202;
                    Count(tally, report);
                }
            }
        }
    }

    private void One(int operands, ulong flags, Tally tally, Action<Func<string>> report)
    {
        current.State.Gpr[0] = 0x1122_3344_5566_7700UL | (uint)(operands & 0xFF);
        current.State.Gpr[1] = 0x8877_6655_4433_2200UL | (uint)(operands >> 8);
        current.State.Rflags = flags;
        Count(tally, report);
    }

    private void Count(Tally tally, Action<Func<string>> report)
    {
        tally.Cases++;
        if (!comparer.Run(current, tally))
        {
            tally.Mismatches++;
            report(() => FailurePrinter.Print(current, comparer, 0, 0, 0));
        }
    }

    private void Load(byte[] bytes)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader([.. bytes, 0x90]), Arena.Code);
        decoder.Decode(out Instruction decoded);
        current.Instance.Set(decoded.Code, bytes, Arena.Code, decoded);
        current.State = new CpuSnapshot { Rip = Arena.Code, ControlWord = 0x37F, Mxcsr = 0x1F80 };
        comparer.Load(current);
        current.Instance.Memory.Clear();
    }
}
