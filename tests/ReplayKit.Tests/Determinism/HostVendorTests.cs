using System.Text;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86.HostCode;
using Replay.Engine;
using Replay.Log;
using Replay.Log.Manifests;
using Replay.Log.Records;
using ReplayKit.Tests.Guests;
using Vmm.Record;

namespace ReplayKit.Tests.Determinism;

/// <summary>A recording whose guest used vendor-dependent instructions says so, and replays only on that vendor's processors.</summary>
public sealed class HostVendorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_recording_of_another_vendor_is_refused_by_name_before_it_starts()
    {
        ReplayKitException refusal = Assert.Throws<ReplayKitException>(() => Open("HygonGenuine"));
        Assert.Equal((506, ExitCode.HostCannot), (refusal.Code, refusal.ExitCode));
        Assert.Contains("HygonGenuine", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recording_of_this_vendor_replays()
    {
        using Replayer replayer = Open(HostFeatures.Vendor);
        replayer.Run();
        Assert.Equal(LogEnding.Ended, replayer.Ending);
    }

    private Replayer Open(string vendor)
    {
        string path = _folder.File("a.rk");
        MachineFiles files = MachineFiles.Load(DebianGuest.Kernel, DebianGuest.Initrd, "console=ttyS0");
        var manifest = new Manifest
        {
            WrittenBy = "a test",
            Machine = MachineSetup.Describe("x86-64-v2", 256UL << 20, 1, ClockMode.Virtual),
            Kernel = files.Kernel,
            Initrd = files.Initrd,
            CommandLine = "console=ttyS0",
            Host = HostFacts.OfThisHost(),
        };
        using (NewRecording recording = NewRecording.Create(path, manifest, LogOptions.Default))
        {
            recording.Log.Append(default, new ClockStart(0));
            recording.Log.Append(default, new BootSeed(new byte[32]));
            recording.Log.Append(new Position(0, 10), new HostVendor(Encoding.ASCII.GetBytes(vendor)));
            recording.Log.Append(new Position(0, 20), new End(EndReason.Stopped));
        }

        return new Replayer(RecordingFolder.Open(path), new Silence());
    }
}
