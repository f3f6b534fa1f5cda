namespace ReplayKit.Tests.BareMetal;

/// <summary>The checked-in list of checks that QEMU does not pass (tests/baremetal/qemu-differs.txt), each under its reason.</summary>
/// <param name="Reasons">The reason by the name of the check.</param>
internal sealed record QemuDifferences(IReadOnlyDictionary<string, string> Reasons)
{
    /// <summary>Reads the list.</summary>
    /// <exception cref="InvalidDataException">A name stands before any reason, or twice.</exception>
    public static QemuDifferences Read()
    {
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        string reason = "";
        foreach (string line in File.ReadLines(Checkout.Path("tests", "baremetal", "qemu-differs.txt")).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line.StartsWith("= ", StringComparison.Ordinal))
            {
                reason = line[2..];
            }
            else if (reason.Length == 0 || !reasons.TryAdd(line, reason))
            {
                throw new InvalidDataException($"no reason, or listed twice: {line}");
            }
        }

        return new QemuDifferences(reasons);
    }
}
