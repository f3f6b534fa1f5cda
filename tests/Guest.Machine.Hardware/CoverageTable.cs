using System.Globalization;
using System.Text;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware;

/// <summary>Writes docs/instructions.md: every instruction of the machine, and how it is checked.</summary>
public static class CoverageTable
{
    /// <summary>The page.</summary>
    public static string Write()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The instructions of the machine, and how each is checked

            This page is generated (`hardware-compare --coverage docs/instructions.md`); a test compares it with the code.
            It lists every instruction whose CPUID features the machine announces, by the decoder's name: {Both().Count()}, of which {Both().Count(IsCompared)}
            are compared with the host's own CPU: registers, memory, defined flags and faults, over random encodings and operands.
            {TestedCodes.All(CpuMode.Long).Count()} of them run in 64-bit mode, {TestedCodes.All(CpuMode.Compatibility).Count()} as 32-bit code in compatibility mode.
            The long form is `bench/hardware_compare.sh`; the short form runs with the tests.

            ## Not compared with the host's CPU

            | instruction | encoding | reason |
            | --- | --- | --- |

            """);
        foreach (Code code in Both().Where(code => !IsCompared(code)))
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{code}` | `{code.ToOpCode().ToInstructionString()}` | {TestedCodes.ReasonAgainst(code)} |\n");
        }

        text.Append("\n## Forms and outcomes in which processors differ\n\nThe machine follows Intel, or its own rule where the choice is the processor's (docs/defined-results.md); these are not held against it.\n\n");
        foreach (string form in VendorForms.Listed)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {form}\n");
        }

        text.Append("\n## Compared with the host's CPU\n\n| mnemonic | forms |\n| --- | --- |\n");
        foreach (IGrouping<Mnemonic, Code> group in Both().Where(IsCompared).GroupBy(code => code.Mnemonic()))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {group.Key.ToString().ToUpperInvariant()} | {string.Join(", ", group.Select(code => $"`{code.ToOpCode().ToInstructionString()}`"))} |\n");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static bool IsCompared(Code code) => TestedCodes.ReasonAgainst(code) is null;

    private static IEnumerable<Code> Both() => TestedCodes.Announced(CpuMode.Long).Union(TestedCodes.Announced(CpuMode.Compatibility)).Order();
}
