using Iced.Intel;
using Trace.Export.Schema;

namespace Trace.Export.Tables;

/// <summary>The texts of the tables' symbol columns (docs/tables.md). Immutable.</summary>
internal static class TableSymbols
{
    /// <summary>By <see cref="Code"/>: the mnemonic in lower case, as an assembler writes it.</summary>
    public static SymbolTable Opcodes { get; } = new([.. AllCodes().Select(code => code.Mnemonic().ToString().ToLowerInvariant())]);

    /// <summary>By <see cref="Code"/>: the instruction's form, in Iced's words.</summary>
    public static SymbolTable Forms { get; } = new([.. AllCodes().Select(code => code.ToString())]);

    /// <summary>By <see cref="InstructionKind"/>.</summary>
    public static SymbolTable Kinds { get; } = new([.. Enum.GetNames<InstructionKind>().Select(Lower)]);

    /// <summary>By <see cref="EventKind"/>.</summary>
    public static SymbolTable EventKinds { get; } = new([.. Enum.GetNames<EventKind>().Select(Lower)]);

    /// <summary>By <see cref="AccessDirection"/>.</summary>
    public static SymbolTable Directions { get; } = new(["r", "w"]);

    private static IEnumerable<Code> AllCodes() => Enum.GetValues<Code>().Order();

    /// <summary><c>RingSwitch</c> becomes <c>ring_switch</c>.</summary>
    private static string Lower(string name) =>
        string.Concat(name.Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString()));
}
