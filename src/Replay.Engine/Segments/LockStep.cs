using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;

namespace Replay.Engine.Segments;

/// <summary>Replays a recording on two engines side by side and finds the first instruction that they execute differently.</summary>
/// <remarks>Costs three machines, and the time of both replays; where something differs, some twenty replays of the last step more.</remarks>
public sealed class LockStep : IDisposable
{
    // Between comparisons; where the recording has state hashes the first replay is compared with those too.
    private const ulong Step = 16_000_000;

    private readonly Replayer _equal;

    /// <summary>Opens the recording for both engines.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="from">Where to begin; null for the recording's beginning.</param>
    /// <param name="engine">The engine that is questioned; the other one is the other kind.</param>
    /// <exception cref="ReplayKitException">The recording cannot be replayed.</exception>
    public LockStep(RecordingFolder recording, Position? from = null, EngineOptions? engine = null)
    {
        EngineOptions first = engine ?? EngineOptions.Default;
        EngineOptions second = first with { Kind = first.Kind == EngineKind.Translator ? EngineKind.Interpreter : EngineKind.Translator };
        Position start = from ?? recording.Start;
        (FirstKind, SecondKind) = (first.Kind, second.Kind);
        First = new Replayer(recording, new NoConsole(), first, start);
        Second = new Replayer(recording, new NoConsole(), second, start);
        _equal = new Replayer(recording, new NoConsole(), first, start);
        foreach (Replayer replayer in (ReadOnlySpan<Replayer>)[First, Second, _equal])
        {
            replayer.SeekTo(start);
        }
    }

    /// <summary>The replay on the engine that is questioned.</summary>
    public Replayer First { get; }

    /// <summary>The replay on the other one.</summary>
    public Replayer Second { get; }

    /// <summary>The first engine.</summary>
    public EngineKind FirstKind { get; }

    /// <summary>The other engine.</summary>
    public EngineKind SecondKind { get; }

    /// <summary>Comparisons made in which both were equal.</summary>
    public int Compared { get; private set; }

    /// <summary>Runs both.</summary>
    /// <param name="end">Where to end.</param>
    /// <param name="progress">Called after each step with the instructions done.</param>
    /// <returns>Null where both do the same everywhere, else the first instruction after which they differ.</returns>
    public Parting? Run(Position end, Action<ulong>? progress = null)
    {
        ulong start = _equal.Machine.Position.Retired;
        for (ulong at = start; at < end.Retired; progress?.Invoke(at - start))
        {
            ulong next = Math.Min(at + Step, end.Retired);
            if (!AreEqualAt(next))
            {
                return Narrow(at, next);
            }

            GoTo(_equal, First, next);
            at = next;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        _equal.Dispose();
    }

    // Halves the interval at whose beginning they are equal and at whose end they are not, until it is one instruction.
    private Parting Narrow(ulong equal, ulong different)
    {
        while (different - equal > 1)
        {
            ulong middle = equal + ((different - equal) / 2);
            Return(equal);
            if (AreEqualAt(middle))
            {
                GoTo(_equal, First, middle);
                equal = middle;
            }
            else
            {
                different = middle;
            }
        }

        Return(equal);
        ulong[] retired = [.. First.Machine.Cpus.Select(cpu => cpu.State.Retired)];
        byte[][] before = [.. First.Machine.Cpus.Select(Parting.Registers)];
        string[] instructions = [.. First.Machine.Cpus.Select(Parting.Describe)];
        string?[] failures = [Failure(First, different), Failure(Second, different)];
        int who = First.Machine.Cpus.First(cpu => cpu.State.Retired != retired[cpu.Index] || cpu.Index == retired.Length - 1).Index;
        return new Parting(new Position(0, equal), instructions[who], [.. failures.OfType<string>(), .. Parting.Compare(before, First.Machine, Second.Machine)]);
    }

    private void Return(ulong equal)
    {
        GoTo(First, _equal, equal);
        GoTo(Second, _equal, equal);
    }

    private static void GoTo(Replayer replayer, Replayer other, ulong at)
    {
        if (replayer.CanTakeOver && other.Applied == 0)
        {
            replayer.TakeOver(other);
        }
        else
        {
            replayer.SeekTo(new Position(0, at), anew: true);
        }
    }

    private bool AreEqualAt(ulong retired)
    {
        string? first = Failure(First, retired);
        string? second = Failure(Second, retired);
        bool equal = first is null && second is null && First.Machine.Position == Second.Machine.Position && First.Machine.HashState().SequenceEqual(Second.Machine.HashState());
        Compared += equal ? 1 : 0;
        return equal;
    }

    // What a replay that leaves the recording says; null where it arrives.
    private static string? Failure(Replayer replayer, ulong retired)
    {
        try
        {
            replayer.Run(new Position(0, retired));
            return null;
        }
        catch (ReplayKitException failure) when (failure.ExitCode == ExitCode.Divergence)
        {
            return failure.Message;
        }
    }
}
