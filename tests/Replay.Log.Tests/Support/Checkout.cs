using System.Runtime.CompilerServices;

namespace Replay.Log.Tests.Support;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Checkout
{
    /// <summary>The folder that holds ReplayKit.sln.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(TestsFolder(), "..", "..", ".."));

    /// <summary>A file or folder of this test project.</summary>
    public static string Tests(string name) => Path.Combine(Root, "tests", "Replay.Log.Tests", name);

    private static string TestsFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
