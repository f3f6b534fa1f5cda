using System.Diagnostics;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Replay.Log;
using Vmm.Record;

namespace Trace.Export.Tests;

/// <summary>A recording of the tiny guest (tests/ReplayKit.Tests/Guests), compiled by the host's gcc, with a virtual clock.</summary>
public sealed class TinyRecording : IConsoleOutput, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-");

    public TinyRecording(string commandLine)
    {
        string kernel = Path.Combine(_folder.FullName, "tiny");
        using (Process gcc = Process.Start(Path.Combine(ParquetReaders.CheckoutFolder, "tests", "ReplayKit.Tests", "Guests", "build.sh"), [kernel]))
        {
            gcc.WaitForExit();
            Assert.Equal(0, gcc.ExitCode);
        }

        Recorder recorder = new(
            MachineSetup.Describe("x86-64-v2", 64 << 20, 1, ClockMode.Virtual), MachineFiles.Load(kernel, null, commandLine), new RunLimits());
        using ConsoleQueue console = new();
        console.Close();
        Instructions = recorder.Record(Path.Combine(_folder.FullName, "tiny.rk"), LogOptions.Default, console, this).Position.Retired;
    }

    public ulong Instructions { get; }

    public RecordingFolder Open() => RecordingFolder.Open(Path.Combine(_folder.FullName, "tiny.rk"));

    public void Write(byte value)
    {
        // What the guest prints is not looked at.
    }

    public void Dispose() => _folder.Delete(true);
}
