using System.Runtime.InteropServices;
using Guest.Machine.Native;

namespace Guest.Machine.X86.Translate.Native;

/// <summary>Memory for emitted code, mapped twice: where it is written it cannot run, where it runs it cannot be written.</summary>
internal sealed class CodeMemory : IDisposable
{
    private const uint Executable = 0x10; // MFD_EXEC; kernels before 6.3 do not know it and need nothing

    private readonly MappedRegion _writable;
    private readonly MappedRegion _running;
    private readonly HostPages _toWrite;
    private readonly HostPages _toRun;

    /// <summary>Maps it.</summary>
    /// <param name="bytes">Its size; below 2 GiB, so that every jump in it reaches every place.</param>
    /// <exception cref="ReplayKitException">RK0423: the host does not let code be emitted.</exception>
    internal CodeMemory(int bytes)
    {
        int fd = LibC.MemfdCreate("replaykit-code", LibC.MfdCloexec | Executable);
        fd = fd >= 0 ? fd : LibC.MemfdCreate("replaykit-code", LibC.MfdCloexec);
        if (fd < 0 || LibC.Truncate(fd, bytes) != 0)
        {
            throw Refused();
        }

        MappedRegion? writable = MappedRegion.OfFile(fd, (nuint)bytes, LibC.ProtRead | LibC.ProtWrite);
        MappedRegion? running = MappedRegion.OfFile(fd, (nuint)bytes, LibC.ProtRead | LibC.ProtExec);
        _ = LibC.Close(fd);
        (_writable, _running) = (writable ?? throw Refused(), running ?? throw Refused());
        _toWrite = new HostPages(_writable.Address, bytes, write: true);
        _toRun = new HostPages(_running.Address, bytes, write: false);
    }

    /// <summary>Where the code runs.</summary>
    internal nint Start => _running.Address;

    /// <summary>What is added to an address at which code runs to get the one at which it is written.</summary>
    internal nint Distance => _writable.Address - Start;

    /// <summary>Code is about to be written at a place where it will run.</summary>
    internal void Need(nint place)
    {
        _toWrite.Need(place - Start);
        _toRun.Need(place - Start);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writable.Dispose();
        _running.Dispose();
    }

    private static ReplayKitException Refused() => new(
        423,
        ExitCode.HostCannot,
        $"the host does not let code be emitted (errno {Marshal.GetLastPInvokeError()}); use --engine interpreter");
}
