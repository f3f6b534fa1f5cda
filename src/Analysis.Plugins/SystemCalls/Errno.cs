namespace Analysis.Plugins.SystemCalls;

/// <summary>The kernel's error numbers by name.</summary>
internal static class Errno
{
    private const int FirstInternal = 512;

    private static readonly string[] s_names = """
        EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL
        ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM
        ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG
        EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ
        ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT
        EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED
        EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED
        EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL -
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    // What a call that a signal has interrupted says inside the kernel (include/linux/errno.h); no program sees these.
    private static readonly string[] s_internal = ["ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ENOIOCTLCMD", "ERESTART_RESTARTBLOCK"];

    /// <summary>Whether a call's result means an error.</summary>
    internal static bool Is(long result) => result is < 0 and >= -4095;

    /// <summary>Whether it means that the call begins again once a signal was taken care of.</summary>
    internal static bool IsRestart(long result) => -result is 512 or 513 or 514 or 516;

    /// <summary>The name of an error; empty where the result is none.</summary>
    internal static string NameOf(long result)
    {
        long number = -result;
        return !Is(result) ? string.Empty
            : number <= s_names.Length && s_names[number - 1] != "-" ? s_names[number - 1]
            : number >= FirstInternal && number < FirstInternal + s_internal.Length ? s_internal[number - FirstInternal]
            : $"errno {number}";
    }
}
