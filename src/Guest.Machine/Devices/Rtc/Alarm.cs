namespace Guest.Machine.Devices.Rtc;

/// <summary>The alarm of the CMOS clock: a time of day of which each part may be "any".</summary>
/// <param name="Hour">0 to 23; <see cref="Any"/>; any other number never matches.</param>
/// <param name="Minute">0 to 59, likewise.</param>
/// <param name="Second">0 to 59, likewise.</param>
internal readonly record struct Alarm(int Hour, int Minute, int Second)
{
    /// <summary>Matches every value of its part.</summary>
    internal const int Any = -1;

    private const int SecondsPerDay = 86_400;

    /// <summary>The first matching second after a given one.</summary>
    /// <param name="after">Seconds since 1970-01-01.</param>
    /// <returns>Seconds since 1970-01-01; <see cref="long.MaxValue"/> where the alarm never matches.</returns>
    internal long NextAfter(long after)
    {
        long from = after + 1;
        int start = (int)(((from % SecondsPerDay) + SecondsPerDay) % SecondsPerDay);
        int today = FirstFrom(start);
        if (today >= 0)
        {
            return from - start + today;
        }

        int tomorrow = FirstFrom(0);
        return tomorrow < 0 ? long.MaxValue : from - start + SecondsPerDay + tomorrow;
    }

    // The first matching second of the day, not before the given one; -1 where there is none.
    private int FirstFrom(int start)
    {
        for (int hour = start / 3600; hour < 24; hour++)
        {
            if (Hour != Any && Hour != hour)
            {
                continue;
            }

            int inHour = FirstInHour(Math.Max(0, start - (hour * 3600)));
            if (inHour >= 0)
            {
                return (hour * 3600) + inHour;
            }
        }

        return -1;
    }

    private int FirstInHour(int start)
    {
        for (int minute = start / 60; minute < 60; minute++)
        {
            int second = Math.Max(0, start - (minute * 60));
            second = Second == Any ? second : Second >= second && Second < 60 ? Second : -1;
            if ((Minute == Any || Minute == minute) && second is >= 0 and < 60)
            {
                return (minute * 60) + second;
            }
        }

        return -1;
    }
}
