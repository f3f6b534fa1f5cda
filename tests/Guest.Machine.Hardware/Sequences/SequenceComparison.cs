using System.Globalization;
using System.Text;
using Guest.Machine.Board;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Sequences;

/// <summary>Runs random sequences of instructions on the translator and on the interpreter and compares everything: every register, flag
/// (those that the manual leaves undefined too: docs/defined-results.md) and byte of memory, at random counts of instructions.</summary>
public sealed class SequenceComparison : IDisposable
{
    private const int States = 4;
    private const ulong Far = 3000;
    private readonly SequenceMachine reference = new(new EngineOptions { Kind = EngineKind.Interpreter });
    private readonly SequenceMachine[] tested =
    [
        new(EngineOptions.Default),
        new(new EngineOptions { MaxBlock = 4, TlbEntries = 2 }),
        new(new EngineOptions { MaxBlock = 12, TlbEntries = 16, CodeBytes = 1 << 20 }),
    ];

    private readonly SequenceMaker maker = new();
    private readonly byte[] window = new byte[Arena.CodeSize];
    private readonly byte[] data = new byte[Arena.DataSize];
    private readonly byte[] mixed = new byte[Arena.MixedSize];

    /// <summary>Creates the machines.</summary>
    public SequenceComparison()
    {
        var rng = new Rng(1);
        rng.Fill(data);
        rng.Fill(mixed);
    }

    /// <summary>States compared.</summary>
    public long Compared { get; private set; }

    /// <summary>Instructions that the interpreter executed, those of the ends of budgets not counted.</summary>
    public long Retired { get; private set; }

    /// <summary>Times that a translator gave an instruction to its interpreter.</summary>
    public long Interpreted => tested.Sum(machine => machine.Statistics!.Interpreted);

    /// <summary>Runs one sequence.</summary>
    /// <param name="seed">The seed of all sequences.</param>
    /// <param name="number">Its number.</param>
    /// <returns>Null, or how the engines differ.</returns>
    public string? Run(ulong seed, long number)
    {
        var rng = Rng.For(seed, (ulong)number, 0, 0);
        maker.Make(ref rng);
        SequenceMachine machine = tested[rng.Below(tested.Length)];
        window.AsSpan().Fill(0xCC);
        maker.Code.CopyTo(window.AsSpan((int)(maker.Start - Arena.Code)));
        reference.Put(Arena.Code, window);
        machine.Put(Arena.Code, window);
        for (int state = 0; state < States; state++)
        {
            CpuSnapshot before = maker.MakeState(ref rng);
            reference.Load(before, data, mixed);
            machine.Load(before, data, mixed);
            if (RunState(ref rng, machine) is { } difference)
            {
                return string.Create(CultureInfo.InvariantCulture, $"sequence {number} of seed {seed}, state {state}, engine {Array.IndexOf(tested, machine)}: {difference}\n{Listing()}");
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        reference.Dispose();
        foreach (SequenceMachine machine in tested)
        {
            machine.Dispose();
        }
    }

    // To the end at once, or in steps of random length.
    private string? RunState(ref Rng rng, SequenceMachine machine)
    {
        int longest = rng.Percent(40) ? (int)Far : 1 + rng.Below(300);
        ulong until = 0;
        bool goesOn = true;
        while (goesOn && until < Far)
        {
            until = Math.Min(until + 1 + (ulong)(longest == (int)Far ? longest : rng.Below(longest)), Far);
            string expected = reference.RunTo(until);
            string actual = machine.RunTo(until);
            Compared++;
            if (expected != actual || Difference(machine) is { } difference && (expected = difference) != "")
            {
                return string.Create(CultureInfo.InvariantCulture, $"after {until} instructions: {expected} | {actual}");
            }

            goesOn = expected == "" && !reference.Cpu.State.Halted;
        }

        Retired += (long)reference.Cpu.State.Retired;
        return null;
    }

    private string? Difference(SequenceMachine machine)
    {
        ReadOnlySpan<byte> expected = reference.Registers();
        ReadOnlySpan<byte> actual = machine.Registers();
        if (!expected.SequenceEqual(actual))
        {
            return Registers(expected, actual);
        }

        long at = reference.MemoryDifference(machine);
        return at < 0 ? null : string.Create(CultureInfo.InvariantCulture, $"memory at 0x{at:x}");
    }

    private static string Registers(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        var text = new StringBuilder("registers (interpreter, translator)");
        string[] names = [.. Vectors.StateText.Names.Take(16), "rip", "rflags", "retired"];
        for (int at = 0; at + 8 <= expected.Length; at += 8)
        {
            ulong left = BitConverter.ToUInt64(expected[at..]);
            ulong right = BitConverter.ToUInt64(actual[at..]);
            if (left != right)
            {
                text.Append(CultureInfo.InvariantCulture, $" {(at / 8 < names.Length ? names[at / 8] : $"+{at}")} {left:x} {right:x};");
            }
        }

        return text.ToString();
    }

    private string Listing()
    {
        var text = new StringBuilder();
        var decoder = Iced.Intel.Decoder.Create(64, maker.Code.ToArray(), maker.Start);
        var formatter = new NasmFormatter();
        var line = new StringOutput();
        while (decoder.IP < maker.Start + (ulong)maker.Code.Length)
        {
            Instruction instruction = decoder.Decode();
            formatter.Format(instruction, line);
            text.AppendLine(CultureInfo.InvariantCulture, $"  {instruction.IP:x}  {line.ToStringAndReset()}");
        }

        return text.ToString();
    }
}
