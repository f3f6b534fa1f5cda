using Guest.Machine;
using Replay.Log.Tests.Support;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Tests.Arguments;

/// <summary>A machine's options from a file.</summary>
public sealed class VmFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Vm => _folder.File("vm.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_says_the_same_as_the_options_would()
    {
        File.WriteAllText(Vm, """
            {
              // a comment
              "kernel": "vmlinuz", "append": "console=ttyS0 a,b", "memory": "1G", "cpus": 1, "entropy": true, "write-through": false,
              "disk": [ { "serial": "a,b", "file": "x,y.img", "readonly": true } ],
              "net": [ { "kind": "user", "forward": [ "80:80", "udp:53:53" ], "mtu": 1500 }, { "kind": "stream", "unix": "wire", "listen": true }, ],
            }
            """);
        string folder = _folder.File(string.Empty) + "/";
        Assert.Equal(
        [
            "run", "--kernel", folder + "vmlinuz", "--append", "console=ttyS0 a,b", "--memory", "1G", "--cpus", "1", "--entropy",
            "--disk", folder + "x,,y.img,serial=a,,b,readonly", "--net", "user,forward=80:80,forward=udp:53:53,mtu=1500", "--net", $"stream,unix={folder}wire,listen",
            "--seconds", "5",
        ], VmFile.Expand(["run", "--vm", Vm, "--seconds", "5"]));
    }

    [Fact]
    public void The_command_line_wins_and_adds_disks()
    {
        File.WriteAllText(Vm, """{ "kernel": "/vmlinuz", "memory": "1G", "entropy": true, "disk": [ { "file": "/a" } ] }""");
        Assert.Equal(
            ["record", "--kernel", "/vmlinuz", "--disk", "/a", "--memory=2G", "--entropy", "--disk", "/b"],
            VmFile.Expand(["record", "--memory=2G", "--vm", Vm, "--entropy", "--disk", "/b"]));
    }

    [Theory]
    [InlineData("replay", "--vm", "x")]
    [InlineData("run", "--", "--vm", "x")]
    [InlineData("run", "--vm")]
    [InlineData]
    public void Other_arguments_stay(params string[] arguments) => Assert.Equal(arguments, VmFile.Expand(arguments));

    [Theory]
    [InlineData("""{ "kernels": "x" }""", "'kernels'")]
    [InlineData("""{ "kernel": """, "")]
    [InlineData("""[ 1 ]""", "")]
    [InlineData("""{ "memory": true }""", "")]
    [InlineData("""{ "memory": null }""", "'memory' is null")]
    [InlineData("""{ "entropy": "yes" }""", "")]
    [InlineData("""{ "disk": [ { "readonly": true } ] }""", "'file'")]
    [InlineData("""{ "disk": [ "x" ] }""", "")]
    [InlineData("""{ "net": { "kind": "user" } }""", "")]
    public void What_is_no_machine_is_refused_by_name(string json, string what)
    {
        File.WriteAllText(Vm, json);
        ReplayKitException refusal = Assert.Throws<ReplayKitException>(() => VmFile.Expand(["run", "--vm", Vm]));
        Assert.Equal(316, refusal.Code);
        Assert.Contains(what, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mutated_file_gives_options_or_is_refused_by_name()
    {
        byte[] whole = System.Text.Encoding.UTF8.GetBytes("""
            { "kernel": "vmlinuz", "memory": "1G", "entropy": true, "cpus": 2, "disk": [ { "file": "a,b.qcow2", "readonly": true } ], "net": [ { "kind": "user", "forward": [ "8080:80" ] } ] }
            """);
        Fuzz.Run(1000, random =>
        {
            byte[] mutated = [.. whole];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                mutated[random.Next(mutated.Length)] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)"{}[]\",: "[random.Next(8)], _ => whole[random.Next(whole.Length)] };
            }

            File.WriteAllBytes(Vm, random.Next(8) == 0 ? mutated[..random.Next(mutated.Length)] : mutated);
            return IsRefused();
        });
    }

    private bool IsRefused()
    {
        try
        {
            VmFile.Expand(["run", "--vm", Vm]);
            return false;
        }
        catch (ReplayKitException refusal) when (refusal.Code == 316)
        {
            return true;
        }
    }
}
