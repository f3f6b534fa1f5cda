using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.Names;

/// <summary>One recording per kernel of a guest that runs many processes and writes down what its kernel knows of them (guest.sh, worker.c).</summary>
public sealed class NamesGuest : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, (string Recording, GuestTruth Truth)> _recordings = [];

    /// <summary>The kernels.</summary>
    public static TheoryData<string> Kernels => ["6.1", "6.12"];

    /// <summary>The worker's file on this machine, the same as in the guest.</summary>
    public string Worker => _folder.File("worker");

    /// <summary>The recording with a kernel, made when it is asked for first.</summary>
    public string Recording(string version) => Get(version).Recording;

    /// <summary>What its guest wrote down.</summary>
    public GuestTruth Truth(string version) => Get(version).Truth;

    public void Dispose() => _folder.Dispose();

    private (string Recording, GuestTruth Truth) Get(string version)
    {
        lock (_recordings)
        {
            if (!_recordings.TryGetValue(version, out var found))
            {
                _recordings[version] = found = Record(version);
            }

            return found;
        }
    }

    private (string Recording, GuestTruth Truth) Record(string version)
    {
        Dictionary<string, string> guest = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"), version)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('=')[0], line => line.Split('=')[1]);
        string initrd = Initramfs(guest["vmlinuz"], guest["busybox"], version);
        string recording = _folder.File($"names-{version}.rk");
        string clock = Environment.GetEnvironmentVariable("REPLAYKIT_NAMES_CLOCK") ?? "virtual";
        CommandResult record = ReplayKitCommand.Run(
            "record", "--kernel", guest["vmlinuz"], "--initrd", initrd, "--append", "console=ttyS0 quiet", "--memory", "512M", "--clock", clock, "-o", recording);
        return record.ExitCode == 0 ? (recording, GuestTruth.Parse(record.Output)) : throw new InvalidOperationException(record.Error);
    }

    private string Initramfs(string kernel, string busybox, string version)
    {
        Programs.Run("gcc", "-O2", "-g", "-fomit-frame-pointer", "-pthread", "-Wno-unused-result", "-o", Worker, Checkout.Path("tests", "ReplayKit.Tests", "Names", "worker.c"));
        string module = _folder.File($"module-{version}.ko");
        string modules = Path.Combine(Path.GetDirectoryName(kernel)!, "..", "lib", "modules");
        string packed = Directory.EnumerateFiles(modules, "loop.ko*", SearchOption.AllDirectories).First();
        Programs.Run("bash", "-c", $"{(packed.EndsWith(".xz", StringComparison.Ordinal) ? "xz -dc" : "cat")} '{packed}' > '{module}'");
        string initrd = _folder.File($"names-{version}.cpio.gz");
        string script = Checkout.Path("tests", "ReplayKit.Tests", "Names", "guest.sh");
        List<string> arguments = ["--busybox", busybox, "--script", script, "--file", $"{Worker}:/bin/worker", "--file", $"{module}:/module.ko", "-o", initrd];
        arguments.AddRange(Libraries(Worker).SelectMany(library => new[] { "--file", $"{library}:{library}" }));
        Programs.Run(Checkout.Path("samples", "guest", "initramfs.sh"), [.. arguments]);
        return initrd;
    }

    private static IEnumerable<string> Libraries(string program) =>
        Programs.Run("ldd", program).Split('\n').SelectMany(line => line.Split(' ', StringSplitOptions.TrimEntries)).Where(word => word.StartsWith('/'));
}
