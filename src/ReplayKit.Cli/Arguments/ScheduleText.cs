using System.Globalization;
using System.Security.Cryptography;
using Guest.Machine.Board;

namespace ReplayKit.Cli.Arguments;

/// <summary>The value of <c>--schedule</c>: <c>parallel</c>, <c>turns</c>, <c>turns:5000</c> (the most instructions of a turn), <c>chaos</c> or <c>chaos:7</c> (the seed).</summary>
internal static class ScheduleText
{
    /// <summary>What a user may write.</summary>
    public const string Form = "parallel, turns[:INSTRUCTIONS] or chaos[:SEED]";

    private const string AtOnce = "parallel";

    /// <summary>Whether several processors run at once.</summary>
    /// <param name="text">The text; null for none.</param>
    /// <param name="vcpus">Virtual processors of the machine.</param>
    public static bool IsParallel(string? text, int vcpus) => vcpus > 1 && text == AtOnce;

    /// <summary>Reads it.</summary>
    /// <param name="text">The text; null for none.</param>
    /// <param name="vcpus">Virtual processors of the machine.</param>
    /// <returns>Null where there is one processor, or they run at once.</returns>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0301: it has another form; RK0302: there is one processor.</exception>
    public static TurnsDescription? Parse(string? text, int vcpus)
    {
        if (vcpus == 1)
        {
            return text is null ? null : throw UsageError.Contradiction("--schedule says how several processors take turns, and there is one; give --cpus");
        }

        if (text == AtOnce)
        {
            return null;
        }

        string[] parts = (text ?? "turns").Split(':', 2);
        ulong? number = parts.Length == 1 ? null : ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value > 0 ? value : throw Wrong(text!);
        TurnsDescription turns = parts[0] switch
        {
            "turns" => TurnsDescription.Default with { Quantum = number ?? TurnsDescription.Default.Quantum },
            "chaos" => TurnsDescription.Chaos(number ?? Seed()),
            _ => throw Wrong(text!),
        };
        return turns.IsPossible ? turns : throw Wrong(text!);
    }

    private static ulong Seed() => 1 + (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);

    private static Guest.Machine.ReplayKitException Wrong(string text) => UsageError.Wrong($"--schedule takes {Form}, and '{text}' is none of these");
}
