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
        }
    }

    /// <summary>Whether the recording says already that the guest has used an instruction whose result depends on the host's vendor.</summary>
    internal bool IsVendorNoted { get; set; }
}
