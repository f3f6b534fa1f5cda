using Guest.Machine.Board.Boot;
using Replay.Log.Manifests;

namespace Vmm.Record;

/// <summary>The files a machine boots from, read once: what is hashed is what boots.</summary>
public sealed class MachineFiles
{
    private MachineFiles(FileIdentity kernel, FileIdentity? initrd, LinuxImages images)
    {
        Kernel = kernel;
        Initrd = initrd;
        Images = images;
    }

    /// <summary>Path, size and hash of the kernel.</summary>
    public FileIdentity Kernel { get; }

    /// <summary>Path, size and hash of the initial RAM disk, if there is one.</summary>
    public FileIdentity? Initrd { get; }

    /// <summary>Their contents and the command line.</summary>
    public LinuxImages Images { get; }

    /// <summary>Reads the files.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">One cannot be read.</exception>
    public static MachineFiles Load(string kernelPath, string? initrdPath, string commandLine)
    {
        FileIdentity kernel = FileIdentity.Of(kernelPath, out byte[] image);
        byte[]? disk = null;
        FileIdentity? initrd = initrdPath is null ? null : FileIdentity.Of(initrdPath, out disk);
        return new MachineFiles(kernel, initrd, new LinuxImages { Kernel = image, Initrd = disk, CommandLine = commandLine });
    }
}
