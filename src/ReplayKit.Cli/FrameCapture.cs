using Guest.Machine.Board;
using Trace.Export.Pcap;

namespace ReplayKit.Cli;

/// <summary>The file of <c>--capture</c>.</summary>
internal sealed class FrameCapture : IDisposable
{
    private readonly string path;
    private readonly FileStream file;
    private readonly PcapWriter writer;

    private FrameCapture(string path, FileStream file)
    {
        this.path = path;
        this.file = file;
        writer = new PcapWriter(file);
    }

    /// <summary>Begins a new file.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0307: it is there already; RK0312: it cannot be written.</exception>
    public static FrameCapture Create(string path)
    {
        if (Path.Exists(path))
        {
            throw UsageError.Exists(path);
        }

        try
        {
            return new FrameCapture(path, new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw UsageError.CannotWrite(path, error);
        }
    }

    /// <summary>Writes the frames of a machine from here on.</summary>
    public void Watch(VirtualMachine machine) => writer.Watch(machine);

    /// <summary>Writes what waits in memory.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0312: not everything could be written.</exception>
    public void Complete()
    {
        try
        {
            file.Flush();
        }
        catch (IOException error)
        {
            throw UsageError.CannotWrite(path, error);
        }

        if (writer.Failure is { } failure)
        {
            throw UsageError.CannotWrite(path, failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
