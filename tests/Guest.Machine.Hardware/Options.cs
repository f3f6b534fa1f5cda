using System.Globalization;
using Guest.Machine.Board;

namespace Guest.Machine.Hardware;

/// <summary>What the command was asked for.</summary>
public sealed record Options
{
    /// <summary>Cases per instruction.</summary>
    public long Cases { get; init; } = 200;

    /// <summary>States each encoding is run with.</summary>
    public int States { get; init; } = 32;

    /// <summary>The seed of everything random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The first encoding's number.</summary>
    public long Instance { get; init; }

    /// <summary>Part of the list of instructions to run: this one of <see cref="Shards"/>.</summary>
    public int Shard { get; init; }

    /// <summary>Into how many parts the list of instructions is cut.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>How many processes share the work.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Mismatches printed for each instruction.</summary>
    public int Print { get; init; } = 1;

    /// <summary>Names (or beginnings that end with *) of the instructions to run; all where empty.</summary>
    public IReadOnlyList<string> Codes { get; init; } = [];

    /// <summary>The mode of the cases.</summary>
    public CpuMode Mode { get; init; }

    /// <summary>The engine that is compared with the host.</summary>
    public EngineKind Engine { get; init; } = EngineKind.Interpreter;

    /// <summary>How many random sequences to run on both engines, instead of cases; 0 for none.</summary>
    public long Sequences { get; init; }

    /// <summary>Compare the host with itself.</summary>
    public bool Self { get; init; }

    /// <summary>Run 8-bit arithmetic with every operand instead of random cases.</summary>
    public bool Exhaustive { get; init; }

    /// <summary>Write the table of docs/instructions.md here and end.</summary>
    public string? Coverage { get; init; }

    /// <summary>Write the vectors of defined results into this folder and end.</summary>
    public string? Vectors { get; init; }

    /// <summary>The words of the command.</summary>
    public const string Usage = """
        hardware-compare: runs random cases of every instruction on the host's CPU and in an engine of ours, and compares.

          --cases N       cases per instruction (200; the long form is 110000)
          --states N      states per encoding (32)
          --bits 64|32    64-bit mode, or 32-bit code in compatibility mode (64)
          --engine E      interpreter, or translator: then each instruction among others, in 64-bit mode (interpreter)
          --seed N        seed (1)
          --jobs N        processes that share the work (1)
          --code NAME     only this instruction; NAME* for all that begin so; may be repeated
          --instance N    begin with this encoding, to run a mismatch again
          --print N       mismatches printed for each instruction (1)
          --self          compare the host with itself, to test the harness
          --exhaustive    every operand of 8-bit arithmetic instead of random cases
          --sequences N   compare the translator with the interpreter on random sequences of instructions instead, from --instance on
          --coverage FILE write the table of instructions and reasons, and end
          --vectors DIR   write the vectors of defined results, and end

        Exit code: 0 all agree (but for the known failures), 1 wrong usage, 3 mismatches, 4 the host cannot do it.
        """;

    /// <summary>Reads the command line; null where it is wrong.</summary>
    public static Options? Parse(string[] words)
    {
        var options = new Options();
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == "--self")
            {
                options = options with { Self = true };
            }
            else if (words[i] == "--exhaustive")
            {
                options = options with { Exhaustive = true };
            }
            else if (++i >= words.Length || options.With(words[i - 1], words[i]) is not { } next)
            {
                return null;
            }
            else
            {
                options = next;
            }
        }

        return options;
    }

    private Options? With(string name, string value)
    {
        if (name == "--code")
        {
            return this with { Codes = [.. Codes, value] };
        }

        if (name == "--engine" && Enum.TryParse(value, ignoreCase: true, out EngineKind engine))
        {
            return this with { Engine = engine };
        }

        if (name == "--coverage")
        {
            return this with { Coverage = value };
        }

        if (name == "--vectors")
        {
            return this with { Vectors = value };
        }

        if (name == "--shard" && value.Split('/') is [var part, var of])
        {
            return this with { Shard = int.Parse(part, CultureInfo.InvariantCulture), Shards = int.Parse(of, CultureInfo.InvariantCulture) };
        }

        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? WithNumber(name, number) : null;
    }

    private Options? WithNumber(string name, long number) => name switch
    {
        "--cases" => this with { Cases = number },
        "--states" => this with { States = (int)number },
        "--seed" => this with { Seed = (ulong)number },
        "--bits" when number is 32 or 64 => this with { Mode = number == 32 ? CpuMode.Compatibility : CpuMode.Long },
        "--sequences" => this with { Sequences = number },
        "--instance" => this with { Instance = number },
        "--jobs" => this with { Jobs = (int)number },
        "--print" => this with { Print = (int)number },
        _ => null,
    };
}
