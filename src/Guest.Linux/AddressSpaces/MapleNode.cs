namespace Guest.Linux.AddressSpaces;

/// <summary>The used slots of one maple node, empty ones included, each with the range it stands for.</summary>
/// <param name="Slots">In the order of their ranges; null where the node could not be read at all.</param>
/// <param name="IsLeaf">Whether slots hold values rather than nodes.</param>
internal readonly record struct MapleNode(MapleEntry[]? Slots, bool IsLeaf)
{
    /// <summary>The slot whose range an index lies in.</summary>
    public MapleEntry? FindSlot(ulong index)
    {
        foreach (MapleEntry slot in Slots ?? [])
        {
            if (index >= slot.First && index <= slot.Last)
            {
                return slot;
            }
        }

        return null;
    }
}
