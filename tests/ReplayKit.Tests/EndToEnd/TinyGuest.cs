using System.Text.Json;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>The tiny guest (Guests/tiny.c), compiled once, and one finished recording of it.</summary>
public sealed class TinyGuest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Compiles the guest and records it.</summary>
    public TinyGuest()
    {
        Programs.Run(Checkout.Path("tests", "ReplayKit.Tests", "Guests", "build.sh"), Kernel);
        Recorded = Record("recorded.rk", "lines=20", "--clock", "host");
    }

    /// <summary>The guest's ELF file.</summary>
    public string Kernel => _folder.File("tiny");

    /// <summary>The finished recording.</summary>
    public string Recording => _folder.File("recorded.rk");

    /// <summary>How the command that made it ended.</summary>
    internal CommandResult Recorded { get; }

    /// <summary>A path for something that a test makes.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>The arguments that record the guest.</summary>
    public string[] RecordArguments(string name, string commandLine, params string[] more) =>
        ["record", "--kernel", Kernel, "--append", commandLine, "--memory", "64M", "-o", File(name), .. more];

    /// <summary>A copy of the finished recording that a test may damage.</summary>
    public string Copy(string name)
    {
        string copy = File(name);
        Programs.Run("cp", "-r", Recording, copy);
        return copy;
    }

    /// <summary>What <c>info</c> says about a recording.</summary>
    public static JsonElement Info(string recording)
    {
        CommandResult info = ReplayKitCommand.Run("info", recording, "--json");
        Assert.True(info.ExitCode == 0, info.Error);
        return JsonDocument.Parse(info.Output).RootElement;
    }

    /// <summary>Records and expects success.</summary>
    internal CommandResult Record(string name, string commandLine, params string[] more)
    {
        CommandResult result = ReplayKitCommand.Run(RecordArguments(name, commandLine, more));
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
