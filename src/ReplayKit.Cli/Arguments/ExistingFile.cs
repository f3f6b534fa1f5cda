namespace ReplayKit.Cli.Arguments;

/// <summary>A file that must be there and readable before anything starts.</summary>
internal static class ExistingFile
{
    /// <summary>The path, if it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it, for the message.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0303: it is not.</exception>
    public static string Checked(string path, string option)
    {
        if (!File.Exists(path))
        {
            throw UsageError.NoFile(path, option);
        }

        try
        {
            using FileStream opened = File.OpenRead(path);
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw UsageError.NoFile(path, option, error);
        }
    }
}
