using System.Collections.Concurrent;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Replay.Log.Records;

namespace Vmm.Record.Control;

/// <summary>Does what is asked of a running machine (docs/control.md). Requests come from any thread and are served by the machine's.</summary>
internal sealed class MachineControl : IStillWork, IDisposable
{
    private readonly ConsoleQueue _console;
    private readonly LogTarget _target;
    private readonly Manifest _manifest;
    private readonly IReadOnlyDictionary<int, ICheckpointDisk> _disks;
    private readonly LogOptions _options;
    private readonly ConcurrentQueue<ControlRequest> _requests = new();
    private ControlRequest? _waiting;
    private BegunRecording? _begun;
    private bool _hasEnded;

    /// <summary>Prepares to serve.</summary>
    /// <param name="console">Where the wish to end the run goes, and whose bell is rung.</param>
    /// <param name="target">Where inputs are logged.</param>
    /// <param name="manifest">The machine's, without a start.</param>
    /// <param name="disks">[slot] the disks that it writes.</param>
    /// <param name="options">How the logs of recordings that begin are written.</param>
    internal MachineControl(ConsoleQueue console, LogTarget target, Manifest manifest, IReadOnlyDictionary<int, ICheckpointDisk> disks, LogOptions options)
    {
        _console = console;
        _target = target;
        _manifest = manifest;
        _disks = disks;
        _options = options;
    }

    /// <summary>Whether the machine is to stand.</summary>
    internal bool IsPaused { get; private set; }

    /// <summary>Whether somebody waits to be served.</summary>
    internal bool HasRequest => !_requests.IsEmpty || _begun is { IsWritten: true };

    private bool IsWrittenThrough => _manifest.Disks.Any(disk => disk.Before is not null);

    /// <summary>Asks, from any thread.</summary>
    internal Task<ControlAnswer> Ask(ControlRequest request)
    {
        _requests.Enqueue(request);
        _console.Bell.Ring();
        return request.Answer;
    }

    /// <inheritdoc/>
    public bool IsWanted(VirtualMachine machine, ulong host)
    {
        Serve(machine);
        return _waiting is not null && _begun is null;
    }

    /// <summary>Serves what waits, up to a request that needs the machine to stand still.</summary>
    internal void Serve(VirtualMachine machine)
    {
        Finish(machine);
        while (_waiting is null && _requests.TryDequeue(out ControlRequest? request))
        {
            Begin(request, machine);
        }
    }

    /// <inheritdoc/>
    public void Do(VirtualMachine machine, ulong host)
    {
        ControlRequest request = _waiting!;
        try
        {
            _begun = BegunRecording.Begin(request.Output!, _manifest, machine, _disks, _options);
            if (request.Command == "record-start")
            {
                _target.Recording = _begun.Recording;
            }
            else
            {
                End(_begun.Recording, machine);
            }
        }
        catch (ReplayKitException error)
        {
            Done(request, machine, error.Message, null);
        }
    }

    /// <summary>Finishes what was begun, and tells whoever still asks that the run has ended.</summary>
    public void Dispose()
    {
        _hasEnded = true;
        if (_begun is not null)
        {
            Publish();
        }

        while (_waiting is not null || _requests.TryDequeue(out _waiting))
        {
            _waiting.Reply(new ControlAnswer("the run has ended", "ended", string.Empty, 0, null));
            _waiting = null;
        }
    }

    private static void End(Replay.Log.NewRecording recording, VirtualMachine machine)
    {
        recording.Log.Append(machine.Position, new StateHash([.. machine.HashState()]));
        recording.Log.Append(machine.Position, new End(EndReason.Stopped));
        recording.Flush(machine.Position);
    }

    private void Begin(ControlRequest request, VirtualMachine machine)
    {
        string? error = Refusal(request);
        if (error is null && (request.Command is "record-start" or "snapshot"))
        {
            _waiting = request;
        }
        else if (error is null && request.Command == "record-stop")
        {
            StopRecording(request, machine);
        }
        else
        {
            Act(request, error);
            Done(request, machine, error, _target.Recording?.Path);
        }
    }

    private string? Refusal(ControlRequest request) => request.Command switch
    {
        "status" or "pause" or "resume" or "quit" => null,
        "record-stop" => _target.Recording is null ? "nothing is being recorded" : null,
        "record-start" when _target.Recording is not null => "it is being recorded already",
        "record-start" or "snapshot" => string.IsNullOrEmpty(request.Output) ? "it needs an output"
            : _manifest.Machine.ClockMode == ClockMode.Virtual ? "not under a virtual clock"
            : IsWrittenThrough ? "not with disks that are written through"
            : IsPaused ? "the machine is paused: resume it first"
            : null,
        _ => $"there is no command '{request.Command}'; there are status, record-start, record-stop, pause, resume, snapshot, quit",
    };

    private void Act(ControlRequest request, string? error)
    {
        switch (error is null ? request.Command : string.Empty)
        {
            case "pause":
                IsPaused = true;
                break;
            case "resume":
                IsPaused = false;
                break;
            case "quit":
                _console.Stop();
                break;
            default:
                break;
        }
    }

    private void StopRecording(ControlRequest request, VirtualMachine machine)
    {
        Replay.Log.NewRecording recording = _target.Recording!;
        _target.Recording = null;
        End(recording, machine);
        recording.Dispose();
        Done(request, machine, null, recording.Path);
    }

    // A begun recording whose checkpoint is written.
    private void Finish(VirtualMachine machine)
    {
        if (_begun is { IsWritten: true } begun && _waiting is { } request)
        {
            Done(request, machine, Publish(), begun.Recording.Path);
        }
    }

    // Says why it could not be.
    private string? Publish()
    {
        using BegunRecording begun = _begun!;
        _begun = null;
        try
        {
            begun.Publish();
            return null;
        }
        catch (ReplayKitException error)
        {
            _target.Recording = _target.Recording == begun.Recording ? null : _target.Recording;
            return error.Message;
        }
        finally
        {
            if (_target.Recording != begun.Recording)
            {
                begun.Recording.Dispose();
            }
        }
    }

    private void Done(ControlRequest request, VirtualMachine machine, string? error, string? recording)
    {
        _waiting = null;
        string state = _hasEnded ? "ended" : IsPaused ? "paused" : "running";
        request.Reply(new ControlAnswer(error, state, machine.Position.ToString(), machine.Position.Retired, recording, _target.Lost?.Message));
    }
}
