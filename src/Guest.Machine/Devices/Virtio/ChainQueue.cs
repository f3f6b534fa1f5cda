using Guest.Machine.Memory;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Virtio;

/// <summary>Requests that a device holds until an input answers them, oldest first.</summary>
internal sealed class ChainQueue
{
    private readonly int _most;
    private readonly List<DescriptorChain> _chains = [];
    private readonly Stack<DescriptorChain> _free = [];

    /// <summary>Creates an empty queue.</summary>
    /// <param name="most">More requests than the ring has descriptors are a fault of the guest: it gave one away twice.</param>
    internal ChainQueue(int most) => _most = most;

    internal int Count => _chains.Count;

    internal DescriptorChain this[int index] => _chains[index];

    internal DescriptorChain Oldest => _chains[0];

    internal DescriptorChain Newest => _chains[^1];

    /// <summary>Takes the next request off a ring.</summary>
    internal bool TryTake(VirtQueue queue)
    {
        if (_chains.Count == _most)
        {
            return queue.RefuseMore();
        }

        DescriptorChain chain = _free.TryPop(out DescriptorChain? used) ? used : new DescriptorChain();
        if (!queue.TryPop(chain))
        {
            _free.Push(chain);
            return false;
        }

        _chains.Add(chain);
        return true;
    }

    /// <summary>Forgets the oldest request.</summary>
    internal void Drop()
    {
        _free.Push(_chains[0]);
        _chains.RemoveAt(0);
    }

    internal void Clear()
    {
        while (Count > 0)
        {
            Drop();
        }
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteInt32(Count);
        foreach (DescriptorChain chain in _chains)
        {
            chain.Save(writer);
        }
    }

    internal void Restore(StateReader reader, GuestMemory memory)
    {
        Clear();
        for (int left = reader.ReadIndex(_most + 1); left > 0; left--)
        {
            var chain = new DescriptorChain();
            chain.Restore(reader, memory);
            _chains.Add(chain);
        }
    }
}
