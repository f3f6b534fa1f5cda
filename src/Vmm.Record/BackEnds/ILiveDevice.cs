using Guest.Machine.Board;
using Replay.Log;

namespace Vmm.Record.BackEnds;

/// <summary>What stands behind one device of a live machine: it takes requests, and applies and logs the inputs that answer them.</summary>
/// <remarks>
/// Under the host's clock an answer is applied when it is there. Under a virtual clock it falls due a fixed number of instructions behind its
/// request, or where the guest idles, and the run waits for it: so it always lands at the same position.
/// </remarks>
internal interface ILiveDevice : IDisposable
{
    /// <summary>Whether an input waits to be applied.</summary>
    bool HasInput { get; }

    /// <summary>Under a virtual clock, the retired count at which the next answer is due; otherwise <see cref="ulong.MaxValue"/>.</summary>
    ulong Due { get; }

    /// <summary>Whether an input may still come: it can wake a guest that sleeps without a timer.</summary>
    bool CanWake { get; }

    /// <summary>Whether output waits for <see cref="Release"/>.</summary>
    bool HoldsOutput => false;

    /// <summary>What made the guest send its output is safe: it may leave.</summary>
    void Release()
    {
    }

    /// <summary>Whether the device's machine knows of everything that was done for it, and nothing more is done until <see cref="Let"/>; only behind <see cref="Hold"/>.</summary>
    bool IsStill => true;

    /// <summary>Begins nothing new.</summary>
    void Hold()
    {
    }

    /// <summary>Goes on.</summary>
    void Let()
    {
    }

    /// <summary>Takes up what a restored device waits for.</summary>
    void Resume();

    /// <summary>The device wants an input, or has room for one.</summary>
    void Ready();

    /// <summary>Applies what is there and due, and logs it.</summary>
    /// <param name="machine">The machine, between two instructions.</param>
    /// <param name="idle">Whether it idles.</param>
    /// <param name="log">Where to log; null without a recording.</param>
    void Apply(VirtualMachine machine, bool idle, LogWriter? log);
}
