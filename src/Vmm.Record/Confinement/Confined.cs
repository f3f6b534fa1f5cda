using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Guest.Machine;
using Vmm.Record.Native;

namespace Vmm.Record.Confinement;

/// <summary>Takes from the whole process, for good, what a recorder or a replay needs no longer once its machine runs (docs/security.md): to open files that are there, start programs, make connections.</summary>
public static class Confined
{
    // What the runtime loads by name where nobody refers to it: for the words of an error.
    private static readonly string[] s_unreferred = ["System.Diagnostics.StackTrace", "System.Reflection.Metadata", "System.Diagnostics.DiagnosticSource", "System.Diagnostics.Tracing"];

    /// <summary>Confines all threads of the process. Everything that is needed must be open, and what code needs is loaded here: it cannot be loaded later.</summary>
    /// <param name="ownFiles">Whether the recorder goes on to open, rename and remove files of its own.</param>
    /// <param name="paths">All that can be opened, made and removed by name then, where the host's kernel has Landlock.</param>
    /// <exception cref="ReplayKitException">RK0820: the host does not allow it.</exception>
    public static void Enter(bool ownFiles, IReadOnlyList<UsablePath> paths)
    {
        Load(Assembly.GetEntryAssembly());
        Warm();
        CloseDoors();
        if (Landlock.IsAvailable)
        {
            Check(Landlock.RestrictProcess(paths), "Landlock");
        }

        Install(ownFiles, allThreads: true);
    }

    /// <summary>Whether the host's kernel can keep a process to folders.</summary>
    internal static bool KeepsToFolders => Landlock.IsAvailable;

    /// <summary>The same for the calling thread alone, and without loading anything.</summary>
    internal static void EnterThread(bool ownFiles, IReadOnlyList<UsablePath>? paths = null)
    {
        if (paths is not null)
        {
            Check(Landlock.RestrictThread(paths), "Landlock");
        }

        Install(ownFiles, allThreads: false);
    }

    private static void Install(bool ownFiles, bool allThreads)
    {
        Check(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? Seccomp.Install(SyscallFilter.Make(Environment.ProcessId, ownFiles), allThreads) : -1, "seccomp");
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
        {
            throw new ReplayKitException(820, ExitCode.HostCannot, $"the host does not let this process confine itself ({what}: errno {error}); --unconfined runs the machine without");
        }
    }

    // Everything that the program refers to, and what that refers to.
    private static void Load(Assembly? program)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        Queue<AssemblyName> waiting = new(s_unreferred.Select(name => new AssemblyName(name)).Concat(program?.GetReferencedAssemblies() ?? []));
        while (waiting.TryDequeue(out AssemblyName? name))
        {
            if (!seen.Add(name.FullName))
            {
                continue;
            }

            try
            {
                foreach (AssemblyName next in Assembly.Load(name).GetReferencedAssemblies())
                {
                    waiting.Enqueue(next);
                }
            }
            catch (FileNotFoundException)
            {
                // Parts of the runtime refer to what is not delivered: code that needs it fails with or without confinement.
            }
        }
    }

    // What the runtime opens when it is first asked for.
    private static void Warm()
    {
        Span<byte> bytes = stackalloc byte[32];
        RandomNumberGenerator.Fill(bytes);
        _ = SHA256.HashData(bytes);
        _ = TimeZoneInfo.Local.BaseUtcOffset;
        _ = Random.Shared.Next();
    }

    // The runtime's sockets for debuggers and profilers: nobody shall come in by them, and they could not be removed at the end.
    private static void CloseDoors()
    {
        foreach (string door in (ReadOnlySpan<string>)["dotnet-diagnostic", "clr-debug-pipe"])
        {
            foreach (string path in Directory.EnumerateFiles(Path.GetTempPath(), $"{door}-{Environment.ProcessId}-*"))
            {
                File.Delete(path);
            }
        }
    }
}
