using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;

namespace Vmm.Record;

/// <summary>Where the inputs of a live run are logged at present; it can change while the run goes on.</summary>
internal sealed class LogTarget
{
    private NewRecording? _recording;

    /// <summary>The recording; null for none.</summary>
    internal NewRecording? Recording
    {
        get => _recording;
        set
        {
            _recording = value;
            IsVendorNoted = false;
            Lost = value is null ? Lost : null;
        }
    }

    /// <summary>Why the last recording ended while the guest went on (<see cref="LogOptions.EndsWhenFull"/>); null where none has.</summary>
    internal ReplayKitException? Lost { get; private set; }

    /// <summary>Called when a recording has ended for that reason.</summary>
    internal Action<ReplayKitException>? OnLost { get; init; }

    /// <summary>Lets go of a recording that can take no more.</summary>
    internal void DropFull(VirtualMachine machine)
    {
        if (Recording is not { Failure: { } failure } full)
        {
            return;
        }

        if (!full.Log.HasEnded)
        {
            full.EndWith(machine.Position, failure);
        }

        Lost = failure;
        Recording = null;
        full.Dispose();
        OnLost?.Invoke(failure);
    }

    /// <summary>Whether the recording says already that the guest has used an instruction whose result depends on the host's vendor.</summary>
    internal bool IsVendorNoted { get; set; }
}
