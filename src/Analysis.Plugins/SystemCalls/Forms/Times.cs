using System.Buffers.Binary;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments that are times.</summary>
internal static class Times
{
    /// <summary>Seconds and nanoseconds.</summary>
    internal static readonly ArgumentForm Nanoseconds = new(text => Add(text, text.Value, "tv_nsec"));

    /// <summary>Seconds and nanoseconds that the call filled in.</summary>
    internal static readonly ArgumentForm NanosecondsOut = new(text => Add(text, text.Value, "tv_nsec"), AtExit: true);

    /// <summary>Seconds and microseconds that the call filled in.</summary>
    internal static readonly ArgumentForm MicrosecondsOut = new(text => Add(text, text.Value, "tv_usec"), AtExit: true);

    /// <summary>Seconds and microseconds.</summary>
    internal static readonly ArgumentForm Microseconds = new(text => Add(text, text.Value, "tv_usec"));

    /// <summary>What is left of a sleep: filled in where a signal has ended it.</summary>
    internal static readonly ArgumentForm Remaining = new(
        text =>
        {
            if (text.Result == -516 && text.Value != 0)
            {
                byte[] time = new byte[16];
                _ = text.TryRead(text.Value, time);
                AddTime(text, time, "tv_nsec");
                return;
            }

            text.AddPointer(text.Value);
        },
        AtExit: true);

    /// <summary>A timer's interval and next time in microseconds.</summary>
    internal static readonly ArgumentForm Timer = new(text => AddTimer(text, "tv_usec"));

    /// <summary>A timer's interval and next time in microseconds that the call filled in.</summary>
    internal static readonly ArgumentForm TimerOut = new(text => AddTimer(text, "tv_usec"), AtExit: true);

    /// <summary>A timer's interval and next time in nanoseconds.</summary>
    internal static readonly ArgumentForm FineTimer = new(text => AddTimer(text, "tv_nsec"));

    /// <summary>A timer's interval and next time in nanoseconds that the call filled in.</summary>
    internal static readonly ArgumentForm FineTimerOut = new(text => AddTimer(text, "tv_nsec"), AtExit: true);

    /// <summary>Writes a time at an address.</summary>
    internal static void Add(ArgumentText text, ulong address, string unit)
    {
        if (!text.Is64)
        {
            text.AddPointer(address);
        }
        else if (text.ReadOrPointer(address, 16) is { } time)
        {
            AddTime(text, time, unit);
        }
    }

    private static void AddTimer(ArgumentText text, string unit)
    {
        if (!text.Is64)
        {
            text.AddPointer(text.Value);
        }
        else if (text.ReadOrPointer(text.Value, 32) is { } timer)
        {
            text.Add("{it_interval=");
            AddTime(text, timer, unit);
            text.Add(", it_value=");
            AddTime(text, timer.AsSpan(16), unit);
            text.Add("}");
        }
    }

    private static void AddTime(ArgumentText text, ReadOnlySpan<byte> time, string unit) =>
        text.Add("{tv_sec=").Add(BinaryPrimitives.ReadInt64LittleEndian(time)).Add($", {unit}=").Add(BinaryPrimitives.ReadInt64LittleEndian(time[8..])).Add("}");
}
