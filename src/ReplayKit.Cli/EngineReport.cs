using System.Globalization;
using Guest.Machine.Board;
using Guest.Machine.X86.Translate;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli;

/// <summary>What the translator did, for those who want to know why a guest is slow (<c>--statistics</c>).</summary>
internal static class EngineReport
{
    /// <summary>An engine that counts what it does, where that is asked for.</summary>
    public static EngineOptions Counting(EngineOptions engine, bool asked) =>
        asked ? engine with { Statistics = new TranslatorStatistics { IsDetailed = true } } : engine;

    /// <summary>Prints what was counted, if anything was; the interpreter counts nothing.</summary>
    public static void Print(EngineOptions engine)
    {
        if (engine.Statistics is not { } counted)
        {
            return;
        }

        bool hasGate = counted.Stands.Any(times => times > 0);
        for (int i = 0; i < counted.Exits.Length; i++)
        {
            Line("left translated code", TranslatorStatistics.Reasons[i], counted.Exits[i]);
        }

        for (int i = 0; i < counted.Stands.Length && hasGate; i++)
        {
            Line("came to the gate", TranslatorStatistics.Reasons[i], counted.Stands[i]);
        }

        Line("portions of code that is not translated", string.Empty, counted.Untranslated);
        foreach ((string what, long times) in counted.More)
        {
            Line(what, string.Empty, times);
        }

        foreach ((Iced.Intel.Code code, long times) in counted.ByInstruction.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key))
        {
            Line("interpreted", code.ToString(), times);
        }
    }

    private static void Line(string what, string which, long times) =>
        StandardError.Writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times,14}  {what} {which}"));
}
