using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ReplayKit.Tests;

/// <summary>The direction of the projects' references (docs/architecture.md).</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Guest.Machine"] = [],
        ["Guest.Linux"] = ["Guest.Machine"],
        ["Replay.Log"] = ["Guest.Machine"],
        ["Replay.Multicore"] = ["Guest.Machine", "Replay.Log"],
        ["Vmm.Record"] = ["Guest.Machine", "Replay.Log", "Replay.Multicore"],
        ["Replay.Engine"] = ["Guest.Machine", "Guest.Linux", "Replay.Log", "Replay.Multicore"],
        ["Analysis.Plugins"] = ["Replay.Engine", "Guest.Machine", "Guest.Linux", "Replay.Log", "Replay.Multicore"],
        ["Trace.Export"] = ["Replay.Engine", "Guest.Machine", "Guest.Linux", "Replay.Log", "Replay.Multicore"],
        ["ReplayKit.Cli"] =
        [
            "Guest.Machine", "Guest.Linux", "Replay.Log", "Replay.Multicore", "Vmm.Record", "Replay.Engine", "Analysis.Plugins", "Trace.Export",
        ],
    };

    public static TheoryData<string> Projects => [.. SourceProjects()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_what_the_design_allows(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} is not a project of the design: give it a row in docs/architecture.md and here");
        Assert.Empty(References(project).Except(Allowed[project]));
    }

    [Fact]
    public void Every_project_of_the_design_is_there() => Assert.Equal(Allowed.Keys.Order(), SourceProjects().Order());

    [Fact]
    public void Nothing_under_src_is_referred_to_by_its_built_file()
    {
        IEnumerable<string> built = SourceProjects()
            .Where(project => ProjectFile(project).Descendants("Reference").Any() || ProjectFile(project).Descendants("Import").Any());
        Assert.Empty(built);
    }

    [Fact]
    public void Every_project_file_is_in_the_solution()
    {
        string solution = File.ReadAllText(Checkout.Path("ReplayKit.sln")).Replace('\\', '/');
        IEnumerable<string> missing = Directory.EnumerateFiles(Checkout.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Checkout.Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.StartsWith('.'))
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void The_page_on_architecture_says_the_same_as_this_test()
    {
        string[] rows = [.. File.ReadAllLines(Checkout.Path("docs", "architecture.md")).Where(line => line.StartsWith("| `src/", StringComparison.Ordinal))];
        Assert.Equal(Allowed.Keys.Order(), rows.Select(row => row.Split('`')[1]["src/".Length..]).Order());
    }

    [Fact]
    public void Every_file_that_the_pages_link_to_is_there()
    {
        IEnumerable<string> pages = Directory.EnumerateFiles(Checkout.Path("docs"), "*.md").Append(Checkout.Path("README.md")).Append(Checkout.Path("bench", "README.md"));
        IEnumerable<string> broken =
            from page in pages
            from Match link in Regex.Matches(File.ReadAllText(page), @"\]\(([^)#:]+)(?:#[^)]*)?\)")
            let target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)
            where !Path.Exists(target)
            select $"{Path.GetFileName(page)}: {link.Groups[1].Value}";
        Assert.Empty(broken);
    }

    private static IEnumerable<string> SourceProjects() =>
        Directory.EnumerateDirectories(Checkout.Path("src")).Select(folder => Path.GetFileName(folder)!)
            .Where(name => File.Exists(Checkout.Path("src", name, name + ".csproj")));

    private static IEnumerable<string> References(string project) =>
        ProjectFile(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

    private static XDocument ProjectFile(string project) => XDocument.Load(Checkout.Path("src", project, project + ".csproj"));
}
