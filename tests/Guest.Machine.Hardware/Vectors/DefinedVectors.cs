using System.Globalization;
using System.Text;
using Guest.Machine.Hardware.Compare;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Vectors;

/// <summary>Results that are ours to define (docs/defined-results.md), as checked-in lines <c>bytes | text | before | after</c>.</summary>
/// <remarks>The lines are made once and reviewed; a test runs each again and compares. Only the host's compare command makes new ones.</remarks>
public static class DefinedVectors
{
    private const ulong Seed = 2;
    private const ulong Status = 0x8D5;

    /// <summary>The files, each with the instructions whose results it holds.</summary>
    public static IReadOnlyList<(string File, string Title, Func<Code, bool> Belongs)> Files { get; } =
    [
        ("undefined-flags.txt", "Status flags and registers that the manual leaves undefined", HasUndefined),
        ("approximations.txt", "RCPPS, RSQRTPS and their like", code => Exclusions.IsApproximation(code)),
    ];

    /// <summary>Makes a file's lines.</summary>
    public static string Make(ICpuUnderTest engine, string title, Func<Code, bool> belongs, int perCode)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {title}: bytes | instruction | registers before | registers that change\n");
        var instances = new InstanceGenerator(CpuMode.Long);
        var states = new StateGenerator(0);
        var current = new Case();
        foreach (Code code in TestedCodes.Announced(CpuMode.Long).Where(belongs))
        {
            for (int made = 0, number = 0; made < perCode && number < perCode * 40; number++)
            {
                var rng = Rng.For(Seed, (ulong)code, (ulong)number, 0);
                if (instances.Next(ref rng, code, current.Instance) && IsPlain(current.Instance, code) && states.Next(ref rng, current, true)
                    && Line(engine, current) is { } line && Interesting(current))
                {
                    text.Append(line).Append('\n');
                    made++;
                }
            }
        }

        return text.ToString();
    }

    /// <summary>Runs one line again.</summary>
    /// <returns>The line as it should be.</returns>
    public static string Again(ICpuUnderTest engine, string line)
    {
        string[] parts = line.Split('|', StringSplitOptions.TrimEntries);
        CpuSnapshot state = StateText.Plain;
        foreach (string word in parts[2].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = word.Split('=');
            StateText.Set(ref state, pair[0], pair[1]);
        }

        return string.Join(" | ", parts[0], parts[1], parts[2], After(engine, Convert.FromHexString(parts[0]), ref state));
    }

    private static string? Line(ICpuUnderTest engine, Case current)
    {
        CpuSnapshot state = StateText.Plain;
        var before = new StringBuilder();
        foreach (string name in Inputs(current.Instance))
        {
            string value = StateText.Get(ref current.State, name);
            if (name == "flags")
            {
                value = (current.State.Rflags & Status).ToString("x", CultureInfo.InvariantCulture);
            }

            StateText.Set(ref state, name, value);
            before.Append(CultureInfo.InvariantCulture, $" {name}={value}");
        }

        byte[] bytes = current.Instance.Bytes[..current.Instance.Length];
        string after = After(engine, bytes, ref state);
        return after.StartsWith('#') ? null : $"{Convert.ToHexString(bytes)} | {FailurePrinter.Disassemble(current.Instance)} | {before.ToString().TrimStart()} | {after}";
    }

    private static string After(ICpuUnderTest engine, byte[] bytes, ref CpuSnapshot state)
    {
        CpuSnapshot before = state;
        engine.SetCode(Arena.Code, bytes);
        Outcome outcome = engine.Run(ref state);
        return outcome == Outcome.Completed ? StateText.Changes(ref before, ref state) : outcome.ToString();
    }

    private static bool IsPlain(Instance instance, Code code) => instance.Decoded.Code == code && instance.Memory.Count == 0
        && !instance.Decoded.HasLockPrefix && (instance.Address & 0xFFF) + (ulong)instance.Length <= Arena.Page;

    // A flag or a register whose value nothing but we decide.
    private static bool Interesting(Case current) => !HasUndefined(current.Instance.Decoded.Code)
        || Undefined.Flags(current.Instance.Decoded, current.State) != 0 || Undefined.Results(current.Instance.Decoded, current.State);

    private static bool HasUndefined(Code code)
    {
        Instruction instruction = default;
        instruction.Code = code;
        return code.Mnemonic() is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror
            or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld or Mnemonic.Shrd or Mnemonic.Bsf or Mnemonic.Bsr
            || (TestedCodes.ReasonAgainst(code) is null && instruction.RflagsUndefined != RflagsBits.None);
    }

    private static IEnumerable<string> Inputs(Instance instance)
    {
        var names = new SortedSet<int>();
        foreach (UsedRegister used in new InstructionInfoFactory().GetInfo(instance.Decoded).GetUsedRegisters())
        {
            Register register = used.Register;
            if (RegisterPlaces.Number(register) is >= 0 and var number)
            {
                names.Add(number);
            }
            else if (register.IsVectorRegister())
            {
                names.Add(Index($"ymm{register.GetNumber()}"));
            }
        }

        if (instance.UsesStack && !instance.UsesVectors)
        {
            names.UnionWith([Index("fcw"), Index("fsw"), Index("ftw"), Index("st0"), Index("st1")]);
        }

        names.Add(instance.UsesVectors ? Index("mxcsr") : Index("flags"));
        return names.Select(index => StateText.Names[index]);
    }

    private static int Index(string name) => StateText.Names.ToList().IndexOf(name);
}
