namespace Guest.Machine.Devices.Rtc;

/// <summary>A date and time of the proleptic Gregorian calendar, as a CMOS clock counts it.</summary>
/// <remarks>Fields out of range are carried over, so that whatever a guest writes is a time.</remarks>
/// <param name="Year">The year, with its century.</param>
/// <param name="Month">1 to 12.</param>
/// <param name="Day">1 to 31.</param>
/// <param name="Hour">0 to 23.</param>
/// <param name="Minute">0 to 59.</param>
/// <param name="Second">0 to 59.</param>
internal readonly record struct CalendarTime(int Year, int Month, int Day, int Hour, int Minute, int Second)
{
    private const long SecondsPerDay = 86_400;

    /// <summary>1 for Sunday to 7 for Saturday.</summary>
    internal int DayOfWeek => (int)FloorMod(DaysFromEpoch + 4, 7) + 1;

    /// <summary>Seconds since 1970-01-01 00:00:00.</summary>
    internal long UnixSeconds => (DaysFromEpoch * SecondsPerDay) + (Hour * 3600L) + (Minute * 60L) + Second;

    // Years start in March here, so that the leap day is a year's last day.
    private long DaysFromEpoch
    {
        get
        {
            long months = (Year * 12L) + Month - 3;
            long year = FloorDiv(months, 12);
            long monthFromMarch = FloorMod(months, 12);
            long dayOfYear = (((153 * monthFromMarch) + 2) / 5) + Day - 1;
            return (365 * year) + FloorDiv(year, 4) - FloorDiv(year, 100) + FloorDiv(year, 400) + dayOfYear - 719_468;
        }
    }

    internal static CalendarTime FromUnix(long seconds)
    {
        long days = FloorDiv(seconds, SecondsPerDay) + 719_468;
        long second = FloorMod(seconds, SecondsPerDay);
        long era = FloorDiv(days, 146_097);
        long dayOfEra = FloorMod(days, 146_097);
        long yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        long dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        long monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        int day = (int)(dayOfYear - (((153 * monthFromMarch) + 2) / 5) + 1);
        int month = (int)(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9);
        int year = (int)(yearOfEra + (era * 400) + (month <= 2 ? 1 : 0));
        return new CalendarTime(year, month, day, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    }

    private static long FloorDiv(long value, long by) => (value - FloorMod(value, by)) / by;

    private static long FloorMod(long value, long by) => ((value % by) + by) % by;
}
