using Replay.Log.Manifests;

namespace Replay.Log.Packing;

/// <summary>A file that goes into a packed recording.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">How much of it is taken: a growing file may have more by now.</param>
/// <param name="Identity">What it must be; null where its own format says whether it is whole.</param>
internal sealed record PackSource(string Name, string Path, long Bytes, FileIdentity? Identity);
