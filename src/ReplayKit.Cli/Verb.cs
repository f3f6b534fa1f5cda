using System.CommandLine;

namespace ReplayKit.Cli;

/// <summary>A verb of the command: a command whose help ends with an example.</summary>
internal sealed class Verb : Command
{
    /// <summary>Creates the verb without options.</summary>
    /// <param name="name">The word that users type.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="examples">Whole command lines.</param>
    public Verb(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    /// <summary>Whole command lines for the help.</summary>
    public IReadOnlyList<string> Examples { get; }
}
