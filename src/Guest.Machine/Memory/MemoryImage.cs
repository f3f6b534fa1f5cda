namespace Guest.Machine.Memory;

/// <summary>What RAM shall hold: the hash of every page, and who has the content.</summary>
/// <param name="PageHashes">[page] the hash of page and content (<see cref="PageHash"/> of the machine), 0 for a page of zeros.</param>
/// <param name="Hash">Their sum modulo 2^128.</param>
/// <param name="Fetch">
/// Called at the first access to a page: calls <see cref="GuestMemory.Bring"/> for it, and for any other page whose content is at hand. It is used for
/// as long as pages are missing.
/// </param>
public sealed record MemoryImage(ReadOnlyMemory<Hash128> PageHashes, Hash128 Hash, Action<GuestMemory, int> Fetch);
