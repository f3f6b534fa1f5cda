namespace Guest.Machine;

/// <summary>An answer to something from outside (a file, an option, a host, a guest) that ReplayKit cannot go on with.</summary>
/// <remarks>Each code is a row of <c>docs/errors.md</c>: message, cause, what to do.</remarks>
public sealed class ReplayKitException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="code">The number of the row in docs/errors.md, without its RK prefix.</param>
    /// <param name="exitCode">What the command's process returns.</param>
    /// <param name="message">One line: what is wrong, and what to do next.</param>
    /// <param name="inner">What the operating system or a library said, where it says more.</param>
    public ReplayKitException(int code, ExitCode exitCode, string message, Exception? inner = null)
        : base($"RK{code:D4}: {message}", inner)
    {
        Code = code;
        Text = message;
        ExitCode = exitCode;
    }

    /// <summary>The number of the row in docs/errors.md.</summary>
    public int Code { get; }

    /// <summary>The message without its code.</summary>
    public string Text { get; }

    /// <summary>What the command's process returns.</summary>
    public ExitCode ExitCode { get; }
}
