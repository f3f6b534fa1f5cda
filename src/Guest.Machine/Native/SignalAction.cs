using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Guest.Machine.Native;

/// <summary>The C library's <c>struct sigaction</c> on x86-64 Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SignalAction
{
    private const int FloatingPointException = 8;

    /// <summary>Address of the handler.</summary>
    internal nint Handler;

    private Mask _mask;
    private int _flags;
    private nint _restorer;

    /// <summary>What SIGFPE does now.</summary>
    internal static SignalAction OfFloatingPoint() => Exchange(FloatingPointException, null);

    /// <summary>Replaces the handler of SIGFPE and leaves its flags and mask as they are.</summary>
    internal readonly void SetForFloatingPoint() => _ = Exchange(FloatingPointException, this);

    private static unsafe SignalAction Exchange(int signal, SignalAction? replacement)
    {
        SignalAction old = default;
        SignalAction action = replacement.GetValueOrDefault();

        // Safe because: both structures are locals of the C library's layout.
        int result = Sigaction(signal, replacement.HasValue ? &action : null, &old);
        return result == 0 ? old : throw new ReplayKitException(420, ExitCode.HostCannot, "the host refuses a handler for SIGFPE");
    }

    [DllImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static extern unsafe int Sigaction(int signal, SignalAction* action, SignalAction* old);

    [InlineArray(16)]
    private struct Mask
    {
        private ulong _first;
    }
}
