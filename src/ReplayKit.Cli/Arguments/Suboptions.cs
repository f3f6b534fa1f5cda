namespace ReplayKit.Cli.Arguments;

/// <summary>The value of an option that says several things, as QEMU writes them: <c>FIRST,key=value,switch</c>; two commas are one in a text.</summary>
internal sealed class Suboptions
{
    private readonly string option;
    private readonly Dictionary<string, List<string>> rest = [];
    private readonly HashSet<string> asked = [];

    private Suboptions(string option, string first)
    {
        this.option = option;
        First = first;
    }

    /// <summary>What stands before the first comma.</summary>
    public string First { get; }

    /// <summary>Reads a text.</summary>
    /// <param name="option">The option, for messages.</param>
    /// <param name="text">Its value.</param>
    public static Suboptions Parse(string option, string text)
    {
        List<string> parts = Split(text);
        Suboptions found = new(option, parts[0]);
        foreach (string part in parts.Skip(1))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals];
            if (!found.rest.TryGetValue(key, out List<string>? values))
            {
                found.rest.Add(key, values = []);
            }

            values.Add(equals < 0 ? string.Empty : part[(equals + 1)..]);
        }

        return found;
    }

    /// <summary>The value of a key that may stand once; null where it does not.</summary>
    public string? Value(string key) => Values(key) switch
    {
        [] => null,
        [{ Length: > 0 } value] => value,
        _ => throw UsageError.Wrong($"{option}: {key} takes one value, as in {key}=..."),
    };

    /// <summary>The values of a key that may stand several times.</summary>
    public IReadOnlyList<string> Values(string key)
    {
        asked.Add(key);
        return rest.GetValueOrDefault(key) ?? [];
    }

    /// <summary>Whether a switch stands.</summary>
    public bool Has(string key) => Values(key) switch
    {
        [] => false,
        [""] => true,
        _ => throw UsageError.Wrong($"{option}: {key} takes no value"),
    };

    /// <summary>Refuses what nobody asked for.</summary>
    public void RefuseOthers()
    {
        string? unknown = rest.Keys.FirstOrDefault(key => !asked.Contains(key));
        if (unknown is not null)
        {
            throw UsageError.Wrong($"{option} knows no '{unknown}'; it knows {string.Join(", ", asked.Order(StringComparer.Ordinal))}");
        }
    }

    private static List<string> Split(string text)
    {
        List<string> parts = [string.Empty];
        for (int i = 0; i < text.Length; i++)
        {
            bool doubled = text[i] == ',' && i + 1 < text.Length && text[i + 1] == ',';
            if (text[i] == ',' && !doubled)
            {
                parts.Add(string.Empty);
            }
            else
            {
                parts[^1] += text[i];
                i += doubled ? 1 : 0;
            }
        }

        return parts;
    }
}
