using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log.Checkpoints;
using Replay.Log.Manifests;
using Replay.Log.Native;
using Replay.Log.Records;
using Replay.Log.Segments;

namespace Replay.Log;

/// <summary>A recording that is being made: its folder, its log and its console text.</summary>
/// <remarks>For one thread. Whenever the process dies after <see cref="Create"/> has returned, the folder is a valid recording.</remarks>
public sealed class NewRecording : IDisposable
{
    private readonly FileStream? _console;
    private readonly byte[] _manifest;
    private readonly MachineDescription _machine;
    private readonly LogOptions _options;
    private readonly IDisposable _room;
    private readonly List<FileInfo> _overlays = [];
    private volatile ReplayKitException? _failure;

    private NewRecording(string path, LogWriter log, IDisposable room, FileStream? console, Manifest manifest, byte[] json, LogOptions options)
    {
        Path = path;
        Log = log;
        _console = console;
        _manifest = json;
        _machine = manifest.Machine;
        _options = options;
        _room = room;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The log.</summary>
    public LogWriter Log { get; }

    /// <summary>Why the recording can take no more while its recorder goes on (<see cref="LogOptions.EndsWhenFull"/>); null where it can.</summary>
    public ReplayKitException? Failure => _failure ?? Log.Failure;

    /// <summary>Whether what is recorded shall go on where the disk is full.</summary>
    public bool EndsWhenFull => _options.EndsWhenFull;

    /// <summary>Where in a recording the overlay of a disk stands.</summary>
    /// <param name="disk">The disk's name.</param>
    public static string OverlayName(string disk) => System.IO.Path.Combine("overlay", disk + ".qcow2");

    /// <summary>The file for an overlay of a disk; its folder is made.</summary>
    /// <exception cref="ReplayKitException">The folder cannot be made (RK0109, RK0110).</exception>
    public string OverlayPath(string disk)
    {
        string path = System.IO.Path.Combine(Path, OverlayName(disk));
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            _overlays.Add(new FileInfo(path));
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(path, error);
        }
    }

    /// <summary>How large the overlays are now. Costs a system call for each.</summary>
    public long OverlayBytes()
    {
        long bytes = 0;
        foreach (FileInfo overlay in _overlays)
        {
            overlay.Refresh();
            bytes += overlay.Exists ? overlay.Length : 0;
        }

        return bytes;
    }

    /// <summary>Makes the folder and everything a recording of no instructions has. One that starts from a checkpoint is complete with <see cref="Publish"/>.</summary>
    /// <param name="path">The folder, by custom with the extension <c>.rk</c>; it must not exist or be empty.</param>
    /// <param name="manifest">What the recording is of.</param>
    /// <param name="options">How its log is written.</param>
    /// <exception cref="ReplayKitException">The folder holds something (RK0108), or it cannot be written (RK0109, RK0110).</exception>
    public static NewRecording Create(string path, Manifest manifest, LogOptions options)
    {
        try
        {
            RefuseExisting(path);
            Directory.CreateDirectory(RecordingPaths.Log(path));
            NewRecording recording = Begin(path, manifest, options);
            if (manifest.Start is null)
            {
                recording.Publish();
            }

            return recording;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(path, error);
        }
    }

    /// <summary>The checkpoints of the recording, to be written.</summary>
    public CheckpointFolder OpenCheckpoints() => new(RecordingPaths.Checkpoints(Path), RecordingFolder.IdOf(_manifest), _machine);

    /// <summary>Makes the folder a recording: writes its manifest. For one that starts from a checkpoint, when that is there; until then it is none.</summary>
    /// <exception cref="ReplayKitException">It cannot be written (RK0109, RK0110).</exception>
    public void Publish()
    {
        try
        {
            WriteManifest(Path, _manifest, _options.Durable);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(RecordingPaths.Manifest(Path), error);
        }
    }

    /// <summary>Adds text that the guest wrote to its console; it waits in memory until <see cref="Flush"/>.</summary>
    /// <exception cref="ReplayKitException">It cannot be written (RK0109, RK0110).</exception>
    public void WriteConsole(ReadOnlySpan<byte> text)
    {
        try
        {
            if (Failure is null)
            {
                _console?.Write(text);
            }
        }
        catch (IOException error)
        {
            TakeOrThrow(LogErrors.CannotWrite(RecordingPaths.Console(Path), error));
        }
    }

    /// <summary>Writes what waits: console text, then the log's records as one frame (<see cref="LogWriter.Flush"/>).</summary>
    /// <param name="at">Where the machine stands.</param>
    /// <exception cref="ReplayKitException">It cannot be written (RK0109, RK0110).</exception>
    public void Flush(Position at)
    {
        try
        {
            if (Failure is null)
            {
                _console?.Flush(_options.Durable);
            }
        }
        catch (IOException error)
        {
            TakeOrThrow(LogErrors.CannotWrite(RecordingPaths.Console(Path), error));
        }

        Log.Flush(at);
    }

    /// <summary>Whether a failure only ends the recording (<see cref="LogOptions.EndsWhenFull"/>); if so, it is noted. For any thread.</summary>
    public bool Takes(ReplayKitException failure)
    {
        bool taken = EndsWhenFull && failure.Code == LogErrors.DiskFull;
        if (taken)
        {
            _failure ??= failure;
        }

        return taken;
    }

    /// <summary>Writes the log's last word about a failure that stops the recording, where the disk still takes it; without it the log is a valid cut.</summary>
    /// <param name="at">Where the machine stands.</param>
    /// <param name="failure">What stops it: the disk, or something of the guest's that the machine refuses.</param>
    public void EndWith(Position at, ReplayKitException failure)
    {
        EndReason reason = failure.Code switch
        {
            LogErrors.DiskFull => EndReason.DiskFull,
            LogErrors.WriteFailed => EndReason.RecorderFailed,
            _ => EndReason.GuestRefused,
        };
        try
        {
            _room.Dispose();
            Log.Append(at, new End(reason, failure.Message));
        }
        catch (ReplayKitException again) when (again.Code is LogErrors.DiskFull or LogErrors.WriteFailed)
        {
            // What stopped the recording stops its last record too; the first failure is the one to report.
            return;
        }
    }

    /// <summary>Removes the beginning of a rolling recording: the log's segments before one, then the checkpoints before the one with which that begins.</summary>
    /// <param name="segment">The first segment that stays.</param>
    /// <param name="start">The position of the checkpoint at its beginning.</param>
    /// <exception cref="ReplayKitException">The files cannot be removed (RK0110).</exception>
    public void DropBefore(int segment, Position start)
    {
        SegmentFolder segments = new(RecordingPaths.Log(Path));
        try
        {
            foreach (int number in segments.Numbers().Where(number => number < segment))
            {
                File.Delete(segments.NameOf(number));
            }

            using CheckpointFolder checkpoints = OpenCheckpoints();
            foreach (Position at in checkpoints.Positions().Where(at => at.Retired < start.Retired))
            {
                File.Delete(checkpoints.FileOf(at));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(Path, error);
        }
    }

    /// <summary>Closes the files; what was not flushed is lost.</summary>
    public void Dispose()
    {
        Log.Dispose();
        _room.Dispose();
        try
        {
            _console?.Dispose();
        }
        catch (IOException)
        {
            // The last text did not fit on the disk; whoever cared has flushed and was told.
            return;
        }
    }

    private void TakeOrThrow(ReplayKitException failure)
    {
        if (!Takes(failure))
        {
            throw failure;
        }
    }

    private static NewRecording Begin(string path, Manifest manifest, LogOptions options)
    {
        // A console text that is never cut would grow for ever.
        FileStream? console = manifest.Rolling ? null : new(RecordingPaths.Console(path), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        LogWriter? log = null;
        IDisposable? room = null;
        bool hasBegun = false;
        try
        {
            byte[] json = manifest.ToJson();
            LogOptions segments = manifest.Rolling ? options with { SegmentBytes = long.MaxValue } : options;
            SegmentFolder folder = new(RecordingPaths.Log(path));
            room = folder.KeepRoom();
            log = new LogWriter(folder, json, manifest.Machine.Vcpus, segments, manifest.Start?.At ?? default);
            hasBegun = true;
            return new NewRecording(path, log, room, console, manifest, json, options);
        }
        finally
        {
            if (!hasBegun)
            {
                log?.Dispose();
                room?.Dispose();
                console?.Dispose();
            }
        }
    }

    private static void RefuseExisting(string path)
    {
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new ReplayKitException(LogErrors.FolderExists, ExitCode.WrongUsage, $"{path} exists already: name another folder or remove it");
        }
    }

    /// <summary>The manifest appears whole and after the first frame: a folder that has one is a recording.</summary>
    private static void WriteManifest(string path, byte[] json, bool durable)
    {
        string manifest = RecordingPaths.Manifest(path);
        string unfinished = manifest + ".new";
        using (FileStream file = new(unfinished, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(json);
            file.Flush(durable);
        }

        File.Move(unfinished, manifest);
        if (durable)
        {
            Folders.Sync(path);
        }
    }
}
