using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ReplayKit.Cli;

/// <summary>What <c>--help</c> does: the usual sections, then the verb's examples.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private readonly HelpAction sections;

    /// <summary>Creates the action.</summary>
    /// <param name="sections">Writes the usual sections.</param>
    public HelpWithExamples(HelpAction sections)
    {
        this.sections = sections;

        // Not the terminal's width, so that the text is the same everywhere (the approved help texts of the tests).
        sections.MaxWidth = 110;
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        int result = sections.Invoke(parseResult);
        if (parseResult.CommandResult.Command is Verb verb)
        {
            output.WriteLine("Examples:");
            foreach (string example in verb.Examples)
            {
                output.WriteLine($"  {example}");
            }
        }

        return result;
    }
}
