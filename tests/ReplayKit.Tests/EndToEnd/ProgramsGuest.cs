namespace ReplayKit.Tests.EndToEnd;

/// <summary>A guest that runs real programs (samples/guest/programs.sh), built once: a static C program of floats, vectors and x87, and LuaJIT.</summary>
public sealed class ProgramsGuest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Fetches and builds it.</summary>
    public ProgramsGuest() => Programs.Run(Checkout.Path("samples", "guest", "programs.sh"), "static", "luajit", _folder.Path);

    /// <summary>The programs that it runs.</summary>
    public static IReadOnlyList<string> Names { get; } = ["static", "luajit"];

    /// <summary>The initramfs.</summary>
    public string Initramfs => _folder.File("initramfs.cpio");

    /// <summary>What the programs print on this machine.</summary>
    /// <param name="model">The CPU model that they are kept to.</param>
    public string[] OnTheHost(string model) => Session(Programs.Run(Checkout.Path("samples", "guest", "native.sh"), _folder.File("root"), model));

    /// <summary>The lines that the programs printed.</summary>
    public static string[] Session(string console) =>
        [.. console.ReplaceLineEndings("\n").Split('\n').SkipWhile(line => !line.StartsWith("@@ begin ", StringComparison.Ordinal))
            .Reverse().SkipWhile(line => !line.StartsWith("@@ end ", StringComparison.Ordinal)).Reverse()];

    /// <summary>A path for something that a test makes.</summary>
    public string File(string name) => _folder.File(name);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
