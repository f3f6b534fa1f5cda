using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Debian's unmodified cloud kernel on a network of its own: it gets its address, serves HTTP through a forwarded port, and its replay sends the same frames.</summary>
public sealed class DebianNetworkTests : IDisposable
{
    private const string Script =
        """
        . /network.sh
        ip -4 addr show dev eth0 | grep inet
        mkdir /www
        echo hello from the guest > /www/index.html
        seq 1 60000 > /www/numbers
        httpd -h /www
        echo the guest is ready
        read line
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("6.1", "user,forward={0}:80", true, 1)]
    [InlineData("6.12", "user,forward={0}:80,mtu=1500", false, 1)]
    [InlineData("6.1", "user,forward={0}:80", false, 4)]
    public async Task A_stock_kernel_serves_http_through_a_forwarded_port_and_its_replay_sends_the_same_frames(string version, string net, bool durable, int cpus)
    {
        int port = NetworkTests.FreePort();
        string[] arguments = [.. Arguments(version, string.Format(CultureInfo.InvariantCulture, net, port)), "--cpus", $"{cpus}"];
        using Process record = ReplayKitCommand.Start(Path.GetTempPath(), durable ? [.. arguments, "--durable"] : arguments);
        StringBuilder console = new();
        Task<string> error = record.StandardError.ReadToEndAsync();
        await ReadUntil(record, console, "the guest is ready");
        using (HttpClient client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) })
        {
            Assert.Equal("hello from the guest\n", await client.GetStringAsync("/"));
            byte[] numbers = await client.GetByteArrayAsync("/numbers");
            Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 60000).Select(i => $"{i}\n")))), SHA256.HashData(numbers));
        }

        record.StandardInput.Write('\n');
        record.StandardInput.Close();
        console.Append(await record.StandardOutput.ReadToEndAsync());
        await record.WaitForExitAsync();
        Assert.True(record.ExitCode == 0, await error);
        Assert.Contains("inet 10.0.2.15/24", console.ToString(), StringComparison.Ordinal);

        CommandResult verify = ReplayKitCommand.Run("verify", _folder.File("net.rk"));
        Assert.True(verify.ExitCode == 0, verify.Error);
        CommandResult replay = ReplayKitCommand.Run("replay", _folder.File("net.rk"), "--capture", _folder.File("replayed.pcap"));
        Assert.True(replay.ExitCode == 0, replay.Error);
        Assert.Equal(console.ToString(), replay.Output);
        byte[] captured = File.ReadAllBytes(_folder.File("recorded.pcap"));
        Assert.Equal(captured, File.ReadAllBytes(_folder.File("replayed.pcap")));
        Assert.Contains(NetworkTests.Frames(captured), frame => frame.AsSpan().IndexOf("HTTP/1.1 200 OK"u8) > 0);
    }

    private string[] Arguments(string version, string net)
    {
        Dictionary<string, string> guest = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"), version)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('=')[0], line => line.Split('=')[1]);
        File.WriteAllText(_folder.File("script"), Script);
        Programs.Run(
            Checkout.Path("samples", "guest", "initramfs.sh"), "--busybox", guest["busybox"], "--script", _folder.File("script"),
            "--file", Checkout.Path("samples", "guest", "network.sh") + ":/network.sh",
            "--modules", guest["modules"], "--module", "virtio_pci", "--module", "virtio_net", "-o", _folder.File("initramfs.cpio.gz"));
        return
        [
            "record", "--kernel", guest["vmlinuz"], "--initrd", _folder.File("initramfs.cpio.gz"), "--append", "console=ttyS0 quiet", "--memory", "256M",
            "--net", net, "--capture", _folder.File("recorded.pcap"), "-o", _folder.File("net.rk"),
        ];
    }

    private static async Task ReadUntil(Process process, StringBuilder text, string line)
    {
        char[] buffer = new char[4096];
        while (!text.ToString().Contains(line, StringComparison.Ordinal))
        {
            int read = await process.StandardOutput.ReadAsync(buffer);
            Assert.True(read > 0, $"the guest ended before it said '{line}':\n{text}");
            text.Append(buffer.AsSpan(0, read));
        }
    }
}
