using System.Diagnostics;
using System.Text;
using ReplayKit.Tests.Command;
using ReplayKit.Tests.Guests;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Debian on a virtio console, on a terminal that is resized while the guest runs.</summary>
public sealed class VirtioConsoleTests : IDisposable
{
    // The guest says how large its terminal is, waits until it is another size, echoes a line, and powers off.
    private const string Script = """
        exec > /dev/hvc0 2>&1 < /dev/hvc0
        echo "the terminal"
        while [ "$(stty size)" = "0 0" ]; do sleep 0.1; done
        echo "size $(stty size)"
        while [ "$(stty size)" != "50 132" ]; do sleep 0.1; done
        echo "now $(stty size)"
        read -r line
        echo "typed: $line"
        poweroff -f
        """;

    // A terminal of 100 by 30, resized once the guest has asked; what is shown goes to standard output.
    private const string Terminal = """
        import fcntl, os, pty, struct, sys, termios
        def resize(fd, columns, rows): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        ready, go = os.pipe()
        child, fd = pty.fork()
        if child == 0:
            os.read(ready, 1)
            os.execvp(sys.argv[1], sys.argv[1:])
        resize(fd, 100, 30)
        os.write(go, b'x')
        seen, resized, typed = b'', False, False
        while True:
            try: part = os.read(fd, 4096)
            except OSError: break
            if not part: break
            seen += part
            sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
            if not resized and b'size 30 100' in seen: resized = True; resize(fd, 132, 50)
            if not typed and b'now 50 132' in seen: typed = True; os.write(fd, b'hello hvc\n')
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_guest_on_a_virtio_console_is_told_of_new_sizes_and_its_replay_too()
    {
        string initrd = Initramfs();
        string recording = _folder.File("console.rk");
        string[] command =
        [
            "dotnet", ReplayKitCommand.Assembly, "record", "--kernel", DebianGuest.Kernel, "--initrd", initrd, "--append", "console=ttyS0 quiet", "--memory", "256M",
            "--console", "virtio", "--seconds", "100", "-o", recording,
        ];
        File.WriteAllText(_folder.File("terminal.py"), Terminal);
        using Process process = Process.Start(new ProcessStartInfo("python3", [_folder.File("terminal.py"), .. command]) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.Latin1 })!;
        string shown = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, shown);
        Assert.Contains("typed: hello hvc", shown, StringComparison.Ordinal);

        CommandResult dump = ReplayKitCommand.Run("dump", recording);
        string sizes = Assert.Single(dump.Output.Split('\n'), line => line.Contains("console-size", StringComparison.Ordinal));
        Assert.Contains("columns=132 rows=50", sizes, StringComparison.Ordinal);
        CommandResult verify = ReplayKitCommand.Run("verify", recording);
        Assert.True(verify.ExitCode == 0, verify.Error);
        Assert.Equal(File.ReadAllText(Path.Combine(recording, "console.log")), ReplayKitCommand.Run("replay", recording).Output);
        Assert.Contains("now 50 132", ReplayKitCommand.Run("replay", recording, "--from", "console-size:1").Output, StringComparison.Ordinal);
    }

    private string Initramfs()
    {
        File.WriteAllText(_folder.File("session.sh"), Script);
        string modules = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh")).Split('\n').First(line => line.StartsWith("modules=", StringComparison.Ordinal))["modules=".Length..].Trim('\'', '"');
        string output = _folder.File("console.cpio.gz");
        Programs.Run(
            Checkout.Path("samples", "guest", "initramfs.sh"), "--script", _folder.File("session.sh"), "--modules", modules, "--module", "virtio_pci", "--module", "virtio_console", "-o", output);
        return output;
    }
}
