using Vmm.Record.Confinement;

namespace ReplayKit.Cli;

/// <summary>Takes from a process what a replay does not need (docs/security.md): recordings come from others, and a replay executes what is in them.</summary>
internal static class ConfinedReplay
{
    /// <summary>Confines the process to a recording, the files that it names, and what the verb writes; nothing where the user does not want it.</summary>
    /// <param name="unconfined">Whether the user does not.</param>
    /// <param name="recording">The recording.</param>
    /// <param name="written">Folders, which must be there, in which the verb makes files.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0820: the host does not allow it.</exception>
    public static void Enter(bool unconfined, OpenRecording recording, params ReadOnlySpan<string> written)
    {
        if (!unconfined)
        {
            string[] temporary = [.. recording.Folder.Manifest.Disks.IsEmpty ? [] : (string[])[NewTemporary()], .. recording.Unpacked is { } unpacked ? (string[])[unpacked] : []];
            Confined.Enter(ownFiles: true,
            [
                .. Read(recording).Select(path => new UsablePath(path, PathUse.Read)),
                .. written.ToArray().Concat(temporary).Select(path => new UsablePath(path)),
                .. temporary.Select(path => new UsablePath(Path.GetDirectoryName(path)!, PathUse.RemoveFolders)),
            ]);
        }
    }

    private static IEnumerable<string> Read(OpenRecording recording) =>
    [
        recording.Folder.Path,
        recording.Folder.Manifest.Kernel.PathIn(recording.Folder.Path),
        .. recording.Folder.Manifest.Initrd is { } initrd ? (string[])[initrd.PathIn(recording.Folder.Path)] : [],
        .. recording.Folder.Manifest.Disks.SelectMany(disk => disk.Files).Select(file => file.Path),
    ];

    // What a guest writes to its disks goes to files without a name in the folder for temporary files: to one of this process's own.
    private static string NewTemporary()
    {
        string folder = Directory.CreateTempSubdirectory("replaykit-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        Environment.SetEnvironmentVariable("TMPDIR", folder);
        return folder;
    }
}
