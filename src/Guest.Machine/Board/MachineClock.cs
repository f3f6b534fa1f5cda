using Guest.Machine.Devices;
using Guest.Machine.State;
using Guest.Machine.X86;

namespace Guest.Machine.Board;

/// <summary>The machine's time as a function of the position: the last anchor, and a rate from there on (docs/determinism.md, time).</summary>
public sealed class MachineClock : IClock, IDevice
{
    private const int FractionBits = 32;
    private readonly bool _stands;
    private Vcpu? _cpu;
    private ulong _anchorRetired;
    private ulong _anchorTicks;

    /// <summary>Creates the clock at tick 0.</summary>
    /// <param name="rate">Ticks per retired instruction as 32.32 fixed point; 0 for a clock that stands between anchors.</param>
    public MachineClock(ulong rate)
    {
        Rate = rate;
        _stands = rate == 0;
    }

    /// <inheritdoc/>
    public string Name => "clock";

    /// <summary>Ticks per retired instruction as 32.32 fixed point.</summary>
    public ulong Rate { get; private set; }

    /// <summary>How it goes on until the next anchor.</summary>
    public TimeLine Line => new(_anchorTicks, _anchorRetired, Rate);

    /// <inheritdoc/>
    public ulong Now => At(_cpu!.RetiredInAll);

    /// <summary>Connects the vCPU in turn: its retired instructions, added to those of the others, drive it.</summary>
    public void Follow(Vcpu cpu) => _cpu = cpu;

    /// <summary>Sets a new anchor at the present position.</summary>
    /// <param name="ticks">The time now; not before <see cref="Now"/>.</param>
    /// <param name="rate">Ticks per instruction from here on.</param>
    /// <exception cref="ReplayKitException">RK0410: the anchor would turn time back or stop it.</exception>
    public void Anchor(ulong ticks, ulong rate)
    {
        if (ticks < Now || rate == 0 != _stands)
        {
            throw new ReplayKitException(410, ExitCode.BadInput, $"a time anchor of {ticks} ticks at {_cpu!.Position}, where the clock shows {Now}, would turn time back; the log is damaged");
        }

        _anchorRetired = _stands ? 0 : _cpu!.RetiredInAll;
        _anchorTicks = ticks;
        Rate = rate;
    }

    /// <summary>The ticks, modulo 2^64, that so many instructions take.</summary>
    /// <param name="instructions">Retired instructions.</param>
    /// <param name="rate">Ticks per instruction as 32.32 fixed point.</param>
    public static ulong TicksIn(ulong instructions, ulong rate)
    {
        ulong high = Math.BigMul(instructions, rate, out ulong low);
        return (high << FractionBits) | (low >> FractionBits);
    }

    /// <summary>The first retired count at which the clock shows at least that many ticks; the present one if it does already.</summary>
    public ulong RetiredAt(ulong ticks)
    {
        if (ticks <= _anchorTicks)
        {
            return _anchorRetired;
        }

        if (_stands)
        {
            return ulong.MaxValue;
        }

        ulong instructions = Frequency.CeilingOf(ticks - _anchorTicks, 1UL << FractionBits, Rate);
        return instructions > ulong.MaxValue - _anchorRetired ? ulong.MaxValue : instructions + _anchorRetired;
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt64(_anchorRetired);
        writer.WriteUInt64(_anchorTicks);
        writer.WriteUInt64(Rate);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        _anchorRetired = reader.ReadUInt64();
        _anchorTicks = reader.ReadUInt64();
        Rate = reader.ReadUInt64();
    }

    private ulong At(ulong retired) => _anchorTicks + TicksIn(retired - _anchorRetired, Rate);
}
