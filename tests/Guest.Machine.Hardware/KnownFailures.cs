namespace Guest.Machine.Hardware;

/// <summary>The checked-in list of instructions that do not agree yet (known-failures.txt): it may only shrink.</summary>
public static class KnownFailures
{
    /// <summary>Reads the list that lies beside the program: one instruction per line, # for remarks.</summary>
    public static IReadOnlySet<string> Read() => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "known-failures.txt"))
        .Select(line => line.Split('#')[0].Trim())
        .Where(name => name.Length != 0)
        .ToHashSet(StringComparer.Ordinal);
}
