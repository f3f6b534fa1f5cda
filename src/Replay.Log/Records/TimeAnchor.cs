using System.Text.Json;
using Guest.Machine.Board;

namespace Replay.Log.Records;

/// <summary>A new line for a vCPU's time-stamp counter, from the record's position on.</summary>
/// <remarks>
/// <para>What varies: how fast the host runs the guest, and how long the guest was idle. Logged by the recorder about a thousand times a
/// second and after each idle period. Injected into the vCPU's counter: from the anchor's position on it is
/// <c>tsc = Tsc + (retired - retired at the anchor) * Rate</c>, and every timer follows it.</para>
/// <para>Body: a varint for the rate, then the signed varint <c>Tsc</c> less what the previous anchor of the vCPU in the same frame says for this
/// position (less 0 where there is none). The first varint is even for a change of the rate by a multiple of <see cref="CoarseUnit"/>: twice the
/// zigzag of that multiple; otherwise it is 1 and the signed varint of the change follows. So an anchor that goes on where the line
/// stands and whose rates are multiples of <see cref="CoarseUnit"/> costs least.</para>
/// </remarks>
/// <param name="Tsc">The counter at the record's position, in ticks since machine start.</param>
/// <param name="Rate">Ticks per retired instruction, as 32.32 fixed point.</param>
public readonly record struct TimeAnchor(ulong Tsc, ulong Rate) : IRecord<TimeAnchor>
{
    /// <summary>The unit in which a change of the rate is cheapest to log: 2^20, that is 1/4096 tick per instruction.</summary>
    public const ulong CoarseUnit = 1UL << CoarseShift;

    private const int CoarseShift = 20;
    private const ulong FineRate = 1;

    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.TimeAnchor;

    /// <summary>The counter so many retired instructions after the anchor; wraps at 2^64.</summary>
    public ulong TscAfter(ulong instructions) => unchecked(Tsc + MachineClock.TicksIn(instructions, Rate));

    /// <inheritdoc/>
    public static TimeAnchor Read(scoped ref RecordCursor cursor, RecordPlace place)
    {
        (ulong retired, TimeAnchor previous) = place.PreviousAnchor;
        ulong rate = unchecked(previous.Rate + (ulong)ReadRateChange(ref cursor));
        ulong expected = previous.TscAfter(place.Position.Retired - retired);
        TimeAnchor anchor = new(unchecked(expected + (ulong)cursor.SignedVarint()), rate);
        place.Note(anchor);
        return anchor;
    }

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        (ulong retired, TimeAnchor previous) = place.PreviousAnchor;
        WriteRateChange(buffer, unchecked((long)(Rate - previous.Rate)));
        ulong expected = previous.TscAfter(place.Position.Retired - retired);
        buffer.SignedVarint(unchecked((long)(Tsc - expected)));
        place.Note(this);
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("tsc", Tsc);
        json.WriteNumber("rate", Rate);
    }

    private static long ReadRateChange(ref RecordCursor cursor)
    {
        ulong first = cursor.Varint();
        if (first == FineRate)
        {
            return cursor.SignedVarint();
        }

        if ((first & 1) != 0)
        {
            throw new RecordFormatException($"the rate of a time anchor starts with {first}");
        }

        ulong zigzag = first >> 1;
        return unchecked(((long)(zigzag >> 1) ^ -(long)(zigzag & 1)) << CoarseShift);
    }

    private static void WriteRateChange(RecordBuffer buffer, long change)
    {
        if ((change & (long)(CoarseUnit - 1)) != 0)
        {
            buffer.Varint(FineRate);
            buffer.SignedVarint(change);
            return;
        }

        long units = change >> CoarseShift;
        buffer.Varint((ulong)((units << 1) ^ (units >> 63)) << 1);
    }
}
