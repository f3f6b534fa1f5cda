using System.Runtime.InteropServices;

namespace Replay.Log.Native;

/// <summary>Folders as files: what .NET has no call for.</summary>
internal static class Folders
{
    private const int ReadOnlyFolder = 0x10000; // O_RDONLY | O_DIRECTORY
    private const int CloseOnExec = 0x80000;

    /// <summary>Returns when the names in a folder have reached the storage; where the host cannot do that, at once.</summary>
    public static void Sync(string path)
    {
        int folder = Open(path, ReadOnlyFolder | CloseOnExec);
        if (folder >= 0)
        {
            _ = Fsync(folder);
            _ = Close(folder);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(int fd);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int fd);
}
