using System.Globalization;
using Guest.Machine;

namespace Replay.Engine.Observe;

/// <summary>A value of a report: a whole number or a text.</summary>
public readonly struct ReportValue
{
    private readonly object _value;

    private ReportValue(object value) => _value = value;

    /// <summary>The value: a <see cref="long"/>, <see cref="ulong"/> or <see cref="string"/>.</summary>
    public object Value => _value ?? string.Empty;

    /// <summary>A whole number.</summary>
    public static implicit operator ReportValue(int value) => new((long)value);

    /// <summary>A whole number.</summary>
    public static implicit operator ReportValue(long value) => new(value);

    /// <summary>A whole number.</summary>
    public static implicit operator ReportValue(ulong value) => new(value);

    /// <summary>A text.</summary>
    public static implicit operator ReportValue(string value) => new(value);

    /// <summary>An address, as a number.</summary>
    public static implicit operator ReportValue(GuestVirtual value) => new(value.Value);

    /// <summary>An address, as a number.</summary>
    public static implicit operator ReportValue(GuestPhysical value) => new(value.Value);

    /// <inheritdoc/>
    public override string ToString() => Convert.ToString(Value, CultureInfo.InvariantCulture) ?? string.Empty;
}
