using System.Security.Cryptography;

namespace Replay.Log.Manifests;

/// <summary>A file that the machine was started from, told apart from every other by its content.</summary>
/// <param name="Path">Where it was when the recording was made.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">The SHA-256 of its content, lower-case hexadecimal.</param>
public sealed record FileIdentity(string Path, long Bytes, string Sha256)
{
    /// <summary>Reads a file and identifies it.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">It is missing or cannot be read (RK0107).</exception>
    public static FileIdentity Of(string path, out byte[] content)
    {
        try
        {
            content = File.ReadAllBytes(path);
            return Of(path, content);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.Bad(LogErrors.FileMissing, $"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Identifies bytes that were already read from a file.</summary>
    public static FileIdentity Of(string path, ReadOnlySpan<byte> content) =>
        new(System.IO.Path.GetFullPath(path), content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));

    /// <summary>Checks that bytes read from a file are the ones the recording was made with.</summary>
    /// <param name="path">Where they come from, for the message.</param>
    /// <param name="content">The whole file.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">They are not (RK0106).</exception>
    public void Check(string path, ReadOnlySpan<byte> content)
    {
        FileIdentity found = Of(path, content);
        if (found.Sha256 != Sha256 || found.Bytes != Bytes)
        {
            throw LogErrors.Bad(
                LogErrors.FileChanged,
                $"{path} is not the file of the recording: it has {found.Bytes} bytes and SHA-256 {found.Sha256}, recorded were {Bytes} bytes and {Sha256}");
        }
    }

    /// <summary>Where the file is: in a recording that has it by its hash, as one that was packed; otherwise where it was recorded.</summary>
    /// <param name="recording">The recording's folder; null for none.</param>
    public string PathIn(string? recording)
    {
        string? packed = recording is null ? null : System.IO.Path.Combine(recording, Packing.PackNames.Files, Sha256);
        return packed is not null && File.Exists(packed) ? packed : Path;
    }

    /// <summary>Reads the file and checks it.</summary>
    /// <param name="recording">The folder of the recording that may have it; null for none.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">It is missing (RK0107) or has changed (RK0106).</exception>
    public byte[] Load(string? recording = null)
    {
        string path = PathIn(recording);
        try
        {
            byte[] content = File.ReadAllBytes(path);
            Check(path, content);
            return content;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.Bad(LogErrors.FileMissing, $"{path}, which the recording was made with, cannot be read: {error.Message}", error);
        }
    }
}
