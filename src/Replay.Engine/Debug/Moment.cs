using System.Globalization;
using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <summary>A place at which a debugger can stand: the vCPU is about to begin an instruction, and everything that is due before it has been applied.</summary>
/// <remarks>
/// The count of retired instructions does not tell such places apart: an instruction that faults is begun, and so is then the first one of the fault's
/// handler, at the same count. Written <c>0:5f2c119a</c>, and <c>0:5f2c119a+2</c> where two instructions were begun there before.
/// </remarks>
/// <param name="Retired">Instructions retired since the recording began, by all vCPUs.</param>
/// <param name="Tries">Instructions begun at that count that did not retire (<see cref="Vcpu.Tries"/>).</param>
public readonly record struct Moment(ulong Retired, int Tries = 0) : IComparable<Moment>
{
    /// <summary>Where the vCPU in turn stands.</summary>
    public static Moment Of(Vcpu cpu) => new(cpu.RetiredInAll, cpu.Tries);

    /// <inheritdoc/>
    public int CompareTo(Moment other) => Retired == other.Retired ? Tries.CompareTo(other.Tries) : Retired.CompareTo(other.Retired);

    /// <inheritdoc/>
    public override string ToString() => Tries == 0
        ? string.Create(CultureInfo.InvariantCulture, $"0:{Retired:x}")
        : string.Create(CultureInfo.InvariantCulture, $"0:{Retired:x}+{Tries}");

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    /// <returns>False where the text has another form.</returns>
    public static bool TryParse(string text, out Moment moment)
    {
        int plus = text.IndexOf('+', StringComparison.Ordinal);
        int tries = 0;
        bool isMoment = Position.TryParse(plus < 0 ? text : text[..plus], out Position position)
            && position is { Vcpu: 0, RepCount: null }
            && (plus < 0 || int.TryParse(text.AsSpan(plus + 1), NumberStyles.None, CultureInfo.InvariantCulture, out tries));
        moment = new Moment(position.Retired, tries);
        return isMoment;
    }

    /// <summary>Whether one moment comes before another.</summary>
    public static bool operator <(Moment left, Moment right) => left.CompareTo(right) < 0;

    /// <summary>Whether one moment comes behind another.</summary>
    public static bool operator >(Moment left, Moment right) => left.CompareTo(right) > 0;

    /// <summary>Whether one moment does not come behind another.</summary>
    public static bool operator <=(Moment left, Moment right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one moment does not come before another.</summary>
    public static bool operator >=(Moment left, Moment right) => left.CompareTo(right) >= 0;
}
