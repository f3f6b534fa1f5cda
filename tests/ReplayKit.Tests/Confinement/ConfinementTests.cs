using System.Diagnostics;
using System.Runtime.InteropServices;
using ReplayKit.Tests.Command;
using ReplayKit.Tests.EndToEnd;
using Vmm.Record.Confinement;

namespace ReplayKit.Tests.Confinement;

/// <summary>What a recorder may still ask of the kernel once its machine runs.</summary>
public sealed class ConfinementTests(TinyGuest guest) : IClassFixture<TinyGuest>
{
    private const int Ok = 0, NotPermitted = 1, NoAccess = 13, NoSuchCall = 38;
    private const int Create = 0x40, Exclusive = 0x80, WriteOnly = 1;
    private const int CurrentFolder = -100, ChildSignal = 17;

    // Number of the call, its arguments, and the error it is refused with. Where it were allowed, it would fail otherwise (EFAULT, EBADF, ...) or do no harm.
    public static TheoryData<string, int, long, long, long, int> Refused => new()
    {
        { "open of a file that is there", 2, Path("/etc/passwd"), 0, 0, NoAccess },
        { "open of a file that is there, if it is there", 2, Path("/etc/passwd"), Create, 0, NoAccess },
        { "openat", 257, CurrentFolder, Path("/etc/passwd"), 0, NoAccess },
        { "openat2", 437, CurrentFolder, Path("/etc/passwd"), 0, NoSuchCall },
        { "creat", 85, Path("/dev/null"), 0, 0, NotPermitted },
        { "open_by_handle_at", 304, -1, 0, 0, NotPermitted },
        { "execve", 59, Path("/bin/true"), 0, 0, NotPermitted },
        { "execveat", 322, CurrentFolder, 0, 0, NotPermitted },
        { "fork", 57, 0, 0, 0, NotPermitted },
        { "vfork", 58, 0, 0, 0, NotPermitted },
        { "clone of the process", 56, ChildSignal, 0, 0, NotPermitted },
        { "clone3", 435, 0, 0, 0, NoSuchCall },
        { "socket", 41, 2, 1, 0, NotPermitted },
        { "socketpair", 53, 1, 1, 0, NotPermitted },
        { "connect", 42, -1, 0, 0, NotPermitted },
        { "bind", 49, -1, 0, 0, NotPermitted },
        { "listen", 50, -1, 0, 0, NotPermitted },
        { "ptrace", 101, 0, 0, 0, NotPermitted },
        { "process_vm_readv", 310, 1, 0, 0, NotPermitted },
        { "process_vm_writev", 311, 1, 0, 0, NotPermitted },
        { "kill of another process", 62, 1, 0, 0, NotPermitted },
        { "tgkill of another process", 234, 1, 1, 0, NotPermitted },
        { "unlink", 87, Path("/nowhere/at/all"), 0, 0, NotPermitted },
        { "rename", 82, Path("/nowhere/at/all"), Path("/nowhere/else"), 0, NotPermitted },
        { "mkdir", 83, Path("/nowhere/at/all"), 0, 0, NotPermitted },
        { "link", 86, Path("/nowhere/at/all"), Path("/nowhere/else"), 0, NotPermitted },
        { "symlink", 88, Path("/nowhere/at/all"), Path("/nowhere/else"), 0, NotPermitted },
        { "chmod", 90, Path("/nowhere/at/all"), 0, 0, NotPermitted },
        { "chown", 92, Path("/nowhere/at/all"), 0, 0, NotPermitted },
        { "chdir", 80, Path("/nowhere/at/all"), 0, 0, NotPermitted },
        { "chroot", 161, Path("/nowhere/at/all"), 0, 0, NotPermitted },
        { "mount", 165, 0, 0, 0, NotPermitted },
        { "unshare", 272, 0, 0, 0, NotPermitted },
        { "setns", 308, -1, 0, 0, NotPermitted },
        { "setuid", 105, 0, 0, 0, NotPermitted },
        { "bpf", 321, -1, 0, 0, NotPermitted },
        { "perf_event_open", 298, 0, 0, 0, NotPermitted },
        { "userfaultfd", 323, -1, 0, 0, NotPermitted },
        { "io_uring_setup", 425, 0, 0, 0, NoSuchCall },
        { "pidfd_getfd", 438, -1, 0, 0, NoSuchCall },
        { "keyctl", 250, -1, 0, 0, NotPermitted },
        { "a character for the terminal's input (TIOCSTI)", 16, 0, 0x5412, 0, NotPermitted },
        { "prctl", 157, 22, 0, 0, NotPermitted },
        { "personality", 135, 0xFFFFFFFF, 0, 0, NotPermitted },
        { "the numbers of the x32 interface", 0x40000000 + 39, 0, 0, 0, NoSuchCall },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void It_is_refused(string what, int number, long first, long second, long third, int error)
    {
        int seen = InThread(ownFiles: false, () => Call(number, first, second, third));
        Assert.True(seen == error, $"{what}: error {seen} instead of {error}");
    }

    [Fact]
    public void New_files_can_be_made_and_threads_begun()
    {
        using TemporaryFolder folder = new();
        nint path = Path(folder.File("new"));
        Assert.Equal(Ok, InThread(ownFiles: false, () => Call(2, path, Create | Exclusive | WriteOnly, 384)));
        Assert.True(File.Exists(folder.File("new")));
        bool ran = false;
        InThread(ownFiles: false, () =>
        {
            Thread thread = new(() => ran = true);
            thread.Start();
            thread.Join();
            return Ok;
        });
        Assert.True(ran);
    }

    [Fact]
    public void A_recorder_that_keeps_files_of_its_own_can_open_and_remove_them_but_connect_to_nobody()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("own"), "");
        nint path = Path(folder.File("own"));
        Assert.Equal(Ok, InThread(ownFiles: true, () => Call(2, path, 0, 0)));
        Assert.Equal(Ok, InThread(ownFiles: true, () => Call(87, path, 0, 0)));
        Assert.Equal(NotPermitted, InThread(ownFiles: true, () => Call(41, 2, 1, 0)));
        Assert.Equal(NotPermitted, InThread(ownFiles: true, () => Call(59, Path("/bin/true"), 0, 0)));
    }

    [Fact]
    public void A_recorder_is_kept_to_its_folder_where_the_kernel_can_do_that()
    {
        if (!Confined.KeepsToFolders)
        {
            return;
        }

        using TemporaryFolder own = new();
        using TemporaryFolder other = new();
        File.WriteAllText(own.File("own"), "");
        File.WriteAllText(other.File("other"), "");
        Assert.Equal(Ok, InThread(ownFiles: true, () => Call(2, Path(own.File("own")), 0, 0), own.Path));
        Assert.Equal(Ok, InThread(ownFiles: true, () => Call(2, Path(own.File("new")), Create | Exclusive | WriteOnly, 384), own.Path));
        Assert.Equal(Ok, InThread(ownFiles: true, () => Call(82, Path(own.File("own")), Path(own.File("renamed")), 0), own.Path));
        Assert.Equal(Ok, InThread(ownFiles: true, () => Call(87, Path(own.File("renamed")), 0, 0), own.Path));
        Assert.Equal(NoAccess, InThread(ownFiles: true, () => Call(2, Path(other.File("other")), 0, 0), own.Path));
        Assert.Equal(NoAccess, InThread(ownFiles: true, () => Call(2, Path(other.File("new")), Create | Exclusive | WriteOnly, 384), own.Path));
        Assert.Equal(NoAccess, InThread(ownFiles: true, () => Call(87, Path(other.File("other")), 0, 0), own.Path));
        Assert.Equal(NoAccess, InThread(ownFiles: true, () => Call(2, Path("/etc/passwd"), 0, 0), own.Path));
        Assert.Equal(NoAccess, InThread(ownFiles: false, () => Call(2, Path(other.File("new")), Create | Exclusive | WriteOnly, 384), own.Path));
        Assert.False(File.Exists(other.File("new")));
    }

    [Fact]
    public void What_a_replay_reads_is_not_written_and_what_it_removes_is_not_read()
    {
        if (!Confined.KeepsToFolders)
        {
            return;
        }

        using TemporaryFolder read = new();
        using TemporaryFolder folders = new();
        using TemporaryFolder files = new();
        File.WriteAllText(read.File("file"), "");
        File.WriteAllText(read.File("alone"), "");
        File.WriteAllText(folders.File("file"), "");
        File.WriteAllText(files.File("file"), "");
        Directory.CreateDirectory(folders.File("folder"));
        UsablePath[] paths = [new(read.Path, PathUse.Read), new(folders.Path, PathUse.RemoveFolders), new(files.Path, PathUse.RemoveFiles), new("/nowhere/at/all")];
        Assert.Equal(Ok, InThread(() => Call(2, Path(read.File("file")), 0, 0), paths));
        Assert.Equal(NoAccess, InThread(() => Call(2, Path(read.File("file")), WriteOnly, 0), paths));
        Assert.Equal(NoAccess, InThread(() => Call(2, Path(read.File("new")), Create | Exclusive | WriteOnly, 384), paths));
        Assert.Equal(NoAccess, InThread(() => Call(87, Path(read.File("file")), 0, 0), paths));
        Assert.Equal(NoAccess, InThread(() => Call(83, Path(read.File("folder")), 511, 0), paths));
        Assert.Equal(NoAccess, InThread(() => Call(87, Path(folders.File("file")), 0, 0), paths));
        Assert.Equal(NoAccess, InThread(() => Call(2, Path(folders.File("file")), 0, 0), paths));
        Assert.Equal(Ok, InThread(() => Call(84, Path(folders.File("folder")), 0, 0), paths));
        Assert.Equal(NoAccess, InThread(() => Call(2, Path(files.File("file")), 0, 0), paths));
        Assert.Equal(NoAccess, InThread(() => Call(2, Path(files.File("new")), Create | Exclusive | WriteOnly, 384), paths));
        Assert.Equal(Ok, InThread(() => Call(87, Path(files.File("file")), 0, 0), paths));

        // A file by itself: its neighbours are not meant.
        UsablePath[] alone = [new(read.File("alone"), PathUse.Read)];
        Assert.Equal(Ok, InThread(() => Call(2, Path(read.File("alone")), 0, 0), alone));
        Assert.Equal(NoAccess, InThread(() => Call(2, Path(read.File("file")), 0, 0), alone));
    }

    [Theory]
    [InlineData("2", "1")]
    [InlineData("2", "1", "--control", "confined.control")]
    [InlineData("2", "1", "--keep", "10m")]
    [InlineData("0", "0", "--unconfined")]
    public async Task All_threads_of_a_recorder_are_confined_unless_it_is_told_not_to(string filter, string privileges, params string[] more)
    {
        using TemporaryFolder folder = new();
        string[] arguments = guest.RecordArguments($"confined{string.Concat(more)}.rk", "forever", ["--clock", "host", "--seconds", "30", .. more]);
        using Process process = ReplayKitCommand.Start(folder.Path, arguments);

        // The guest speaks: it runs.
        Assert.NotNull(await process.StandardOutput.ReadLineAsync());
        await HasThreads(process, filter, privileges);
    }

    [Theory]
    [InlineData("2", "1", "verify")]
    [InlineData("2", "1", "replay")]
    [InlineData("2", "1", "checkpoint")]
    [InlineData("0", "0", "verify", "--unconfined")]
    public async Task All_threads_of_a_replay_are_confined_unless_it_is_told_not_to(string filter, string privileges, string verb, params string[] more)
    {
        string name = $"replayed-{verb}{string.Concat(more)}.rk";
        CommandResult record = ReplayKitCommand.Run(guest.RecordArguments(name, "forever", "--clock", "virtual", "--instructions", "1000000000"));
        Assert.True(record.ExitCode == 0, record.Error);
        using Process process = ReplayKitCommand.Start(System.IO.Path.GetTempPath(), [verb, guest.File(name), "--engine", "interpreter", .. more]);
        for (int wait = 0; wait < 3000 && !process.HasExited && !IsFarEnough(process, filter); wait++)
        {
            await Task.Delay(20);
        }

        await HasThreads(process, filter, privileges);
    }

    // Confined, or, where it never will be, long past the place where others are.
    private static bool IsFarEnough(Process process, string filter) => filter == "0"
        ? process.TotalProcessorTime > TimeSpan.FromSeconds(1.5)
        : Value(File.ReadAllLines($"/proc/{process.Id}/status"), "Seccomp") == filter;

    private static async Task HasThreads(Process process, string filter, string privileges)
    {
        try
        {
            List<string[]> threads = [.. Directory.EnumerateDirectories($"/proc/{process.Id}/task").Select(task => File.ReadAllLines(task + "/status"))];
            Assert.True(threads.Count > 3);
            Assert.All(threads, status => Assert.Equal((filter, privileges), (Value(status, "Seccomp"), Value(status, "NoNewPrivs"))));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static string Value(string[] status, string name) => status.First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t')[1];

    // A filter holds for its thread alone here, and ends with it.
    private static int InThread(bool ownFiles, Func<int> work, params string[] folders) =>
        InThread(ownFiles, work, folders.Length == 0 ? null : [.. folders.Select(folder => new UsablePath(folder))]);

    private static int InThread(Func<int> work, UsablePath[] paths) => InThread(ownFiles: true, work, paths);

    private static int InThread(bool ownFiles, Func<int> work, UsablePath[]? paths)
    {
        int result = -1;
        _ = work.Method;
        Thread thread = new(() =>
        {
            Confined.EnterThread(ownFiles, paths);
            result = work();
        });
        thread.Start();
        thread.Join();
        return result;
    }

    // A child that should not be there ends at once.
    private static int Call(int number, long first, long second, long third)
    {
        nint result = syscall(number, (nint)first, (nint)second, (nint)third, 0, 0);
        int error = Marshal.GetLastPInvokeError();
        if (result == 0 && number is 56 or 57 or 58)
        {
            _ = syscall(result == 0 ? 231 : 39, 0, 0, 0, 0, 0);
        }

        return result < 0 ? error : Ok;
    }

    private static nint Path(string text) => Marshal.StringToHGlobalAnsi(text);

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);
}
