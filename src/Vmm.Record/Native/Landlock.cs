using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Vmm.Record.Confinement;

namespace Vmm.Record.Native;

/// <summary>The kernel's rules about which folders a process may use (landlock(7)): from then on files outside them cannot be opened, made, renamed or removed by name.</summary>
/// <remarks>
/// The kernel restricts the calling thread alone. The others restrict themselves in the handler of a signal that each is sent: a few instructions of ours that make two system calls.
/// What is open stays open.
/// </remarks>
internal static class Landlock
{
    private const int CreateRuleset = 444, AddRule = 445, RestrictSelf = 446, SignalThread = 234, SetAction = 13, GetThread = 186;
    private const int AskVersion = 1, PathBeneath = 1, NoNewPrivileges = 38;
    private const ulong FirstRights = 0x1FFF, Refer = 0x2000, Truncate = 0x4000;
    private const ulong ReadFile = 0x4, ReadFolder = 0x8, RemoveFolder = 0x10, RemoveFile = 0x20, OfFiles = 0x4007; // LANDLOCK_ACCESS_FS_*
    private const int OpenForRules = 0x200000 | 0x80000; // O_PATH | O_CLOEXEC
    private const int LastSignal = 64;
    private const ulong Restarts = 0x1000_0000, HasRestorer = 0x0400_0000;
    private const int PageBytes = 4096, ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22;
    private const int LongestWait = 5000, NotDone = 11; // EAGAIN
    private const int MostThreads = 512, RulesPlace = 26, AnswersPlace = 51;

    /// <summary>Whether this host's kernel has it.</summary>
    internal static bool IsAvailable => Version > 0;

    private static long Version => syscall(CreateRuleset, 0, 0, AskVersion, 0);

    /// <summary>Restricts all threads of the process, for good.</summary>
    /// <param name="paths">What stays usable.</param>
    /// <returns>0, or the host's error number.</returns>
    internal static int RestrictProcess(IEnumerable<UsablePath> paths) => WithRules(paths, RestrictAll);

    /// <summary>Restricts the calling thread alone, and those that it begins.</summary>
    /// <param name="paths">What stays usable.</param>
    /// <returns>0, or the host's error number.</returns>
    internal static int RestrictThread(IEnumerable<UsablePath> paths) => WithRules(paths, RestrictCaller);

    private static int RestrictCaller(int rules) => Result(prctl(NoNewPrivileges, 1, 0, 0, 0)) is not 0 and int error ? error : Result(syscall(RestrictSelf, rules, 0, 0, 0));

    private static int WithRules(IEnumerable<UsablePath> paths, Func<int, int> restrict)
    {
        ulong rights = FirstRights | (Version >= 2 ? Refer : 0) | (Version >= 3 ? Truncate : 0);
        int rules = (int)CreateRules(rights);
        if (rules < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        try
        {
            foreach (UsablePath path in paths.Where(path => Path.Exists(path.Path)))
            {
                if (Allow(rules, path.Path, rights & RightsOf(path)) is not 0 and int error)
                {
                    return error;
                }
            }

            return restrict(rules);
        }
        finally
        {
            _ = close(rules);
        }
    }

    // What only folders have is refused for a file.
    private static ulong RightsOf(UsablePath path) => (Directory.Exists(path.Path) ? ulong.MaxValue : OfFiles) & path.Use switch
    {
        PathUse.All => ulong.MaxValue,
        PathUse.Read => ReadFile | ReadFolder,
        PathUse.RemoveFolders => RemoveFolder,
        PathUse.RemoveFiles => RemoveFile,
        _ => 0,
    };

    private static unsafe nint CreateRules(ulong rights)
    {
        // Safe because: the kernel copies the 8 bytes whose number stands beside their address during the call.
        return syscall(CreateRuleset, (nint)(&rights), sizeof(ulong), 0, 0);
    }

    private static unsafe int Allow(int rules, string path, ulong rights)
    {
        int descriptor = open(path, OpenForRules);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        // struct landlock_path_beneath_attr, packed: the rights, then the descriptor.
        byte* rule = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(new Span<byte>(rule, 12), rights);
        BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(rule, 12)[8..], descriptor);

        // Safe because: the kernel copies the 12 bytes of the rule during the call.
        int error = Result(syscall(AddRule, rules, PathBeneath, (nint)rule, 0));
        _ = close(descriptor);
        return error;
    }

    private static int Result(nint result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;

    // The calling thread comes last: it has to look at the list of threads until then.
    private static unsafe int RestrictAll(int rules)
    {
        nint pages = mmap(0, 2 * PageBytes, ReadWrite, PrivateAnonymous, -1, 0);
        if (pages == -1)
        {
            return Marshal.GetLastPInvokeError();
        }

        // Safe because: both pages were just mapped; code fills less than the first, a number and 512 answers less than the second. They stay: a thread may still be in the handler.
        int restorer = WriteHandler(new Span<byte>((void*)pages, PageBytes), rules, pages + PageBytes);
        if (mprotect(pages, PageBytes, ReadExecute) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        // Safe because: the kernel copies the 32 bytes of struct kernel_sigaction during the call.
        ulong* action = stackalloc ulong[4] { (ulong)pages, Restarts | HasRestorer, (ulong)(pages + restorer), 0 };
        if (syscall(SetAction, LastSignal, (nint)action, 0, sizeof(ulong)) < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        return SignalOthers(new ReadOnlySpan<int>((void*)(pages + PageBytes), 1 + MostThreads)) is not 0 and int error ? error : RestrictCaller(rules);
    }

    // Threads that are begun meanwhile have the rules of those that began them; so one looks until each thread that is there has done it.
    private static int SignalOthers(ReadOnlySpan<int> answers)
    {
        int caller = (int)syscall(GetThread, 0, 0, 0, 0);
        HashSet<int> signalled = [caller];
        for (int waited = 0; waited < LongestWait; waited++)
        {
            bool isComplete = true;
            foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
            {
                int thread = int.Parse(Path.GetFileName(task), NumberStyles.None, CultureInfo.InvariantCulture);
                isComplete &= thread == caller || answers[1..].Contains(thread);
                if (signalled.Count < MostThreads && signalled.Add(thread))
                {
                    _ = syscall(SignalThread, Environment.ProcessId, thread, LastSignal, 0);
                }
            }

            if (isComplete)
            {
                return 0;
            }

            Thread.Sleep(1);
        }

        return NotDone;
    }

    // Gives up new privileges, restricts itself, and puts the thread's number into the next of the answers, negative where it could not. Behind it the return from the signal.
    private static int WriteHandler(Span<byte> code, int rules, nint answers)
    {
        ReadOnlySpan<byte> handler =
        [
            0xBF, NoNewPrivileges, 0, 0, 0, // mov edi, 38
            0xBE, 1, 0, 0, 0, // mov esi, 1
            0x31, 0xD2, 0x45, 0x31, 0xD2, 0x45, 0x31, 0xC0, // xor edx, edx; xor r10d, r10d; xor r8d, r8d
            0xB8, 157, 0, 0, 0, 0x0F, 0x05, // mov eax, 157 (prctl); syscall
            0xBF, 0, 0, 0, 0, // mov edi, rules
            0x31, 0xF6, // xor esi, esi
            0xB8, 0xBE, 1, 0, 0, 0x0F, 0x05, // mov eax, 446 (landlock_restrict_self); syscall
            0x41, 0x89, 0xC0, // mov r8d, eax
            0xB8, 186, 0, 0, 0, 0x0F, 0x05, // mov eax, 186 (gettid); syscall
            0x48, 0xBA, 0, 0, 0, 0, 0, 0, 0, 0, // mov rdx, answers
            0xB9, 1, 0, 0, 0, 0xF0, 0x0F, 0xC1, 0x0A, // mov ecx, 1; lock xadd [rdx], ecx
            0x81, 0xE1, 0xFF, 0x01, 0, 0, // and ecx, 511
            0x45, 0x85, 0xC0, 0x74, 0x02, 0xF7, 0xD8, // test r8d, r8d; jz +2; neg eax
            0x89, 0x44, 0x8A, 0x04, // mov [rdx + 4 * rcx + 4], eax
            0xC3, // ret
        ];
        handler.CopyTo(code);
        BinaryPrimitives.WriteInt32LittleEndian(code[RulesPlace..], rules);
        BinaryPrimitives.WriteInt64LittleEndian(code[AnswersPlace..], answers);
        ReadOnlySpan<byte> restorer = [0xB8, 15, 0, 0, 0, 0x0F, 0x05]; // mov eax, 15 (rt_sigreturn); syscall
        int at = (handler.Length + 15) & ~15;
        restorer.CopyTo(code[at..]);
        return at;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint first, nint second, nint third, nint fourth);

    [DllImport("libc", SetLastError = true)]
    private static extern int prctl(int option, nint second, nint third, nint fourth, nint fifth);

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern nint mmap(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [DllImport("libc", SetLastError = true)]
    private static extern int mprotect(nint address, nuint length, int protection);
}
