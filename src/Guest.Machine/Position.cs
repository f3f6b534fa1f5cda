using System.Globalization;

namespace Guest.Machine;

/// <summary>A point of one vCPU's execution: how many instructions it has retired since the recording began.</summary>
/// <remarks>
/// Written <c>0:5f2c119a</c> (decimal vCPU, hexadecimal count). A REP string instruction counts one, on completion; inside it the
/// position carries the count register as well (docs/determinism.md).
/// </remarks>
/// <param name="Vcpu">The vCPU's number, from 0.</param>
/// <param name="Retired">Instructions retired by it.</param>
/// <param name="RepCount">Inside a REP string instruction, the count register at that point; otherwise null.</param>
public readonly record struct Position(int Vcpu, ulong Retired, ulong? RepCount = null)
{
    /// <summary>The form users read and type.</summary>
    public override string ToString() => RepCount is { } count
        ? string.Create(CultureInfo.InvariantCulture, $"{Vcpu}:{Retired:x}@{count:x}")
        : string.Create(CultureInfo.InvariantCulture, $"{Vcpu}:{Retired:x}");

    /// <summary>Whether this point comes before another of the same vCPU. Inside a REP instruction the count register falls.</summary>
    public bool IsBefore(Position other) =>
        Retired != other.Retired
            ? Retired < other.Retired
            : other.RepCount is { } count && (RepCount is null || RepCount > count);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    /// <returns>False where the text has another form.</returns>
    public static bool TryParse(string text, out Position position)
    {
        position = default;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        int at = text.IndexOf('@', StringComparison.Ordinal);
        ReadOnlySpan<char> count = at < 0 ? text.AsSpan(colon + 1) : text.AsSpan(colon + 1, Math.Max(0, at - colon - 1));
        ulong rep = 0;
        if (colon <= 0
            || !int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int vcpu)
            || !ulong.TryParse(count, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong retired)
            || (at >= 0 && !ulong.TryParse(text.AsSpan(at + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out rep)))
        {
            return false;
        }

        position = new Position(vcpu, retired, at < 0 ? null : rep);
        return true;
    }
}
