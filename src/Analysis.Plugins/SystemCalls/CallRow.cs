namespace Analysis.Plugins.SystemCalls;

/// <summary>A system call with its result, or another thing that a thread did.</summary>
/// <param name="First">Its beginning; of a call that had begun before, its end.</param>
/// <param name="Exit">Its end; null where there is none.</param>
internal sealed record CallRow(CallEvent First, CallEvent? Exit)
{
    /// <summary>Whether it is a call.</summary>
    internal bool IsCall => First.Kind is CallEventKind.Entry or CallEventKind.Exit;

    /// <summary>The call's or signal's name; of others none.</summary>
    internal string Name => IsCall ? CallNames.Of(First.Abi, First.Number) : First.Kind == CallEventKind.Signal ? Forms.Signals.Name((uint)First.Number) : string.Empty;

    /// <summary>The call's arguments: each as it was seen at the entry, or where the call fills it in at the exit.</summary>
    internal string Arguments => string.Join(", ", First.Arguments.Select((text, i) => text ?? Exit?.Arguments.ElementAtOrDefault(i) ?? "...").Where(text => text.Length > 0));

    /// <summary>How the call's result reads: a number, the error's name, or a question mark where there is none.</summary>
    internal string Result => Exit is null ? "?"
        : Errno.IsRestart(Exit.Value) ? $"? {Errno.NameOf(Exit.Value)}"
        : Errno.Is(Exit.Value) ? $"-1 {Errno.NameOf(Exit.Value)}"
        : Name is "brk" or "mmap" or "mmap2" or "mremap" or "shmat" ? $"0x{Exit.Value:x}"
        : Name is "fcntl" or "fcntl64" && Exit.Value != 0 && Arguments.EndsWith("F_GETFD", StringComparison.Ordinal) ? $"0x{Exit.Value:x} (flags {Forms.Constants.DescriptorFlags.Bits((uint)Exit.Value)})"
        : Name is "fcntl" or "fcntl64" && Arguments.EndsWith("F_GETFL", StringComparison.Ordinal) ? $"0x{Exit.Value:x} (flags {Forms.Files.OpenText((uint)Exit.Value)})"
        : Name is "umask" ? "0" + Convert.ToString(Exit.Value, 8).PadLeft(2, '0')
        : $"{Exit.Value}";
}
