using System.Globalization;
using Guest.Linux.Unwinding;

namespace ReplayKit.Cli.Names;

/// <summary>One frame of <c>ps --stacks</c>.</summary>
/// <param name="Pc">Where it goes on, hexadecimal.</param>
/// <param name="Function">The function and the distance into it, or empty.</param>
/// <param name="File">The program's or library's file; null in the kernel.</param>
/// <param name="By">How it was found: <c>registers</c>, <c>orc</c>, <c>saved</c>, <c>call-frames</c> or <c>frame-pointer</c>.</param>
internal sealed record PsFrame(string Pc, string Function, string? File, string By)
{
    /// <summary>The line of a frame.</summary>
    public static PsFrame Of(in StackFrame frame, string function, string? file) => new(
        frame.Pc.Value.ToString("x16", CultureInfo.InvariantCulture),
        function,
        file,
        frame.Source switch
        {
            StackFrameSource.Registers => "registers",
            StackFrameSource.Orc => "orc",
            StackFrameSource.Saved => "saved",
            StackFrameSource.CallFrames => "call-frames",
            _ => "frame-pointer",
        });
}
