using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Guest.Machine;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli;

/// <summary>The process's entry: parses, runs one verb, and turns what went wrong into one line and an exit code (docs/errors.md).</summary>
internal static class Entry
{
    /// <summary>Runs the verb that the arguments name.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Run(string[] arguments, IReadOnlyList<Command> verbs)
    {
        try
        {
            return Invoke(arguments, verbs);
        }
        catch (ReplayKitException error)
        {
            return Fail(error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Fail(new ReplayKitException(313, ExitCode.HostCannot, $"the host refused an access: {OneLine(error.Message)}", error));
        }
        catch (Exception error)
        {
            string where = error.StackTrace?.Split('\n')[0].Trim() ?? "nowhere";
            return Fail(new ReplayKitException(
                399, ExitCode.HostCannot, $"internal error: {error.GetType().Name}: {OneLine(error.Message)} ({where})", error));
        }
    }

    private static int Invoke(string[] arguments, IReadOnlyList<Command> verbs)
    {
        RootCommand root = new("Records a Linux virtual machine, replays it instruction for instruction, and exports its trace.");
        foreach (Command verb in verbs)
        {
            root.Add(verb);
        }

        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        // A text such as --append '@x' is a text, not a response file.
        ParseResult parsed = root.Parse(VmFile.Expand(arguments), new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Action is ParseErrorAction)
        {
            throw UsageError.Wrong(WhatIsWrong(parsed));
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private static string WhatIsWrong(ParseResult parsed)
    {
        if (parsed.CommandResult.Command is RootCommand)
        {
            string what = parsed.UnmatchedTokens is [string word, ..] ? $"there is no verb '{word}'" : "a verb is missing";
            return $"{what}; see replaykit --help";
        }

        return $"{OneLine(parsed.Errors[0].Message).TrimEnd('.')}; see replaykit {parsed.CommandResult.Command.Name} --help";
    }

    private static int Fail(ReplayKitException error)
    {
        StandardError.Writer.WriteLine($"replaykit: {OneLine(error.Message)}");
        return (int)error.ExitCode;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
