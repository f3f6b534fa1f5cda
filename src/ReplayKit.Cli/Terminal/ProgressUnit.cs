namespace ReplayKit.Cli.Terminal;

/// <summary>What a progress bar counts.</summary>
internal enum ProgressUnit
{
    /// <summary>Guest instructions.</summary>
    Instructions,

    /// <summary>Bytes.</summary>
    Bytes,
}
