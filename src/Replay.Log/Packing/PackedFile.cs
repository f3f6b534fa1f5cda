namespace Replay.Log.Packing;

/// <summary>One file of a packed recording.</summary>
/// <param name="Name">Its path in the recording's folder, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">The SHA-256 of its content, lower-case hexadecimal.</param>
internal sealed record PackedFile(string Name, long Bytes, string Sha256);
