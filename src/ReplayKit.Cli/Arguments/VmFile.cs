using System.Text.Json;

namespace ReplayKit.Cli.Arguments;

/// <summary>A machine's description in a file (<c>--vm</c>): the options of <c>record</c> and <c>run</c> by their names, as JSON (docs/vm-file.md).</summary>
internal static class VmFile
{
    private const string Option = "--vm";

    private static readonly string[] s_values = ["kernel", "initrd", "append", "memory", "cpus", "schedule", "cpu", "clock", "engine", "console", "on-full"];
    private static readonly string[] s_switches = ["entropy", "write-through"];
    private static readonly string[] s_paths = ["kernel", "initrd", "file", "overlay", "unix"];

    /// <summary>Puts in the place of <c>--vm FILE</c> what the file says; what the command line says itself wins, and its disks and networks come behind the file's.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0303: there is no such file; RK0316: it says what no option does.</exception>
    public static string[] Expand(string[] arguments)
    {
        int end = Array.IndexOf(arguments, "--") is >= 0 and int dashes ? dashes : arguments.Length;
        int at = Array.IndexOf(arguments, Option, 0, end);
        if (at < 0 || at + 1 >= end || arguments[0] is not ("record" or "run"))
        {
            return arguments;
        }

        string[] others = [.. arguments[..at], .. arguments[(at + 2)..]];
        return [others[0], .. Read(arguments[at + 1], others), .. others[1..]];
    }

    private static List<string> Read(string path, string[] others)
    {
        string text = File.ReadAllText(ExistingFile.Checked(path, Option));
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            List<string> options = [];
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                bool isGiven = others.Any(other => other == "--" + property.Name || other.StartsWith($"--{property.Name}=", StringComparison.Ordinal));
                options.AddRange(OptionsOf(property, folder, isGiven));
            }

            return options;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw UsageError.NoMachine(path, error.Message.TrimEnd('.'));
        }
    }

    private static IEnumerable<string> OptionsOf(JsonProperty property, string folder, bool isGiven) => property.Name switch
    {
        "disk" => property.Value.EnumerateArray().SelectMany(disk => (string[])["--disk", Suboptions(disk, "file", folder)]),
        "net" => property.Value.EnumerateArray().SelectMany(net => (string[])["--net", Suboptions(net, "kind", folder)]),
        _ when s_switches.Contains(property.Name) => property.Value.GetBoolean() && !isGiven ? ["--" + property.Name] : [],
        _ when s_values.Contains(property.Name) => isGiven ? [] : ["--" + property.Name, TextOf(property, folder)],
        _ => throw new FormatException($"it has '{property.Name}', and a machine has {string.Join(", ", s_values.Concat(s_switches))}, disk and net"),
    };

    // An object as the text of an option with suboptions: what stands first, then key=value, a switch that is true, a key for each of several values.
    private static string Suboptions(JsonElement element, string first, string folder)
    {
        List<string> parts = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            JsonElement value = property.Value;
            switch (value.ValueKind)
            {
                case JsonValueKind.True:
                    parts.Add(property.Name);
                    break;
                case JsonValueKind.False:
                    break;
                case JsonValueKind.Array:
                    parts.AddRange(value.EnumerateArray().Select(item => $"{property.Name}={Escaped(item.GetString()!)}"));
                    break;
                default:
                    string text = Escaped(TextOf(property, folder));
                    parts.Insert(property.Name == first ? 0 : parts.Count, property.Name == first ? text : $"{property.Name}={text}");
                    break;
            }
        }

        return element.TryGetProperty(first, out _) ? string.Join(',', parts) : throw new FormatException($"a disk has a file and a net has a kind; one has no '{first}'");
    }

    private static string TextOf(JsonProperty property, string folder)
    {
        string text = property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetRawText() : property.Value.GetString() ?? throw new FormatException($"'{property.Name}' is null");
        return s_paths.Contains(property.Name) ? Path.Combine(folder, text) : text;
    }

    private static string Escaped(string text) => text.Replace(",", ",,", StringComparison.Ordinal);
}
