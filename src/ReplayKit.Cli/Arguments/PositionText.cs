using System.Globalization;
using Guest.Machine;

namespace ReplayKit.Cli.Arguments;

/// <summary>A position as a user types it; what it means depends on the recording.</summary>
internal sealed class PositionText
{
    private const string Own = "cpu";
    private readonly string text;
    private readonly Position? exact;
    private readonly decimal? percent;
    private readonly (string Name, int Number)? place;
    private readonly (int Vcpu, ulong Retired)? own;

    private PositionText(string text, Position? exact = null, decimal? percent = null, (string Name, int Number)? place = null, (int Vcpu, ulong Retired)? own = null)
    {
        this.own = own;
        this.text = text;
        this.exact = exact;
        this.percent = percent;
        this.place = place;
    }

    /// <summary>
    /// Reads <c>0:hex</c>, an instruction count, a percentage, <c>start</c>, <c>end</c>, the count of one of several vCPUs (<c>cpu1:hex</c>), or the name of an
    /// event with its number: <c>console-input</c>, <c>console-input:3</c>, <c>state-hash:-1</c>, <c>checkpoint:2</c>.
    /// </summary>
    /// <exception cref="ReplayKitException">RK0305: it is none of these.</exception>
    public static PositionText Parse(string text)
    {
        if (text is "start" or "end")
        {
            return new PositionText(text, percent: text == "end" ? 100 : 0);
        }

        if (text.EndsWith('%'))
        {
            return decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal share)
                && share <= 100
                ? new PositionText(text, percent: share)
                : throw UsageError.NotAPosition(text);
        }

        if (Position.TryParse(text, out Position position))
        {
            return new PositionText(text, position);
        }

        if (text.StartsWith(Own, StringComparison.Ordinal) && Position.TryParse(text[Own.Length..], out Position owned))
        {
            return owned.RepCount is null ? new PositionText(text, own: (owned.Vcpu, owned.Retired)) : throw UsageError.NotAPosition(text);
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count)
            ? new PositionText(text, new Position(0, count))
            : new PositionText(text, place: ParsePlace(text));
    }

    /// <summary>The position that is meant.</summary>
    /// <param name="recording">The places of the recording.</param>
    /// <exception cref="ReplayKitException">RK0306: the recording does not reach it.</exception>
    public Position In(RecordingPlaces recording)
    {
        Position end = recording.End;
        if (place is { } named)
        {
            return recording.Find(named.Name, named.Number) ?? throw UsageError.NoSuchPlace(text);
        }

        if (own is { } count)
        {
            return recording.FindOwn(count.Vcpu, count.Retired) ?? throw UsageError.OutsideTheRecording(text, recording.Start, end);
        }

        if (exact is { } position)
        {
            bool isInside = position.Vcpu == end.Vcpu && position.Retired >= recording.Start.Retired && position.Retired <= end.Retired;
            return isInside ? position : throw UsageError.OutsideTheRecording(text, recording.Start, end);
        }

        ulong length = end.Retired - recording.Start.Retired;
        return percent == 100 ? end : new Position(end.Vcpu, recording.Start.Retired + (ulong)(length * percent!.Value / 100));
    }

    /// <inheritdoc/>
    public override string ToString() => text;

    private static (string Name, int Number) ParsePlace(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        int number = 1;
        bool isPlace = RecordingPlaces.IsName(name)
            && (colon < 0 || int.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
            && number != 0;
        return isPlace ? (name, number) : throw UsageError.NotAPosition(text);
    }
}
