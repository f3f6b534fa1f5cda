using System.Globalization;
using Guest.Machine;

namespace ReplayKit.Cli.Arguments;

/// <summary>A position as a user types it; what it means depends on where the recording ends.</summary>
internal sealed class PositionText
{
    private readonly string text;
    private readonly Position? exact;
    private readonly decimal? percent;

    private PositionText(string text, Position? exact, decimal? percent)
    {
        this.text = text;
        this.exact = exact;
        this.percent = percent;
    }

    /// <summary>Reads <c>vCPU:hex</c>, an instruction count of vCPU 0, a percentage or <c>end</c>.</summary>
    /// <exception cref="ReplayKitException">RK0305: it is none of these.</exception>
    public static PositionText Parse(string text)
    {
        if (text == "end")
        {
            return new PositionText(text, null, 100);
        }

        if (text.EndsWith('%'))
        {
            return decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal share)
                && share <= 100
                ? new PositionText(text, null, share)
                : throw UsageError.NotAPosition(text);
        }

        if (Position.TryParse(text, out Position position))
        {
            return new PositionText(text, position, null);
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count)
            ? new PositionText(text, new Position(0, count), null)
            : throw UsageError.NotAPosition(text);
    }

    /// <summary>The position that is meant.</summary>
    /// <param name="end">The last position of the recording.</param>
    /// <exception cref="ReplayKitException">RK0306: the recording does not reach it.</exception>
    public Position In(Position end)
    {
        if (exact is { } position)
        {
            return position.Vcpu == end.Vcpu && position.Retired <= end.Retired ? position : throw UsageError.BehindTheEnd(text, end);
        }

        return percent == 100 ? end : new Position(end.Vcpu, (ulong)(end.Retired * percent!.Value / 100));
    }

    /// <inheritdoc/>
    public override string ToString() => text;
}
