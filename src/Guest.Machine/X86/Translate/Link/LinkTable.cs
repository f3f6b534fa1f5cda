using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Emit;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>The places at which emitted code leaves, and the jumps between blocks that lead to their targets once these are known.</summary>
internal sealed class LinkTable : IDisposable
{
    // A site or a link has a store of its number and a jump at least.
    private const int LeastBytes = 15;

    private readonly List<TranslatedBlock> _blocks = [];
    private readonly List<int> _far = [];
    private readonly CodeWriter _patcher;
    private readonly NativeList<Site> _sites;
    private readonly NativeList<BlockLink> _links;
    private int _pending;

    /// <param name="patcher">Any writer of the code memory: jumps are patched through it.</param>
    /// <param name="bytes">The code memory's size.</param>
    internal LinkTable(CodeWriter patcher, int bytes)
    {
        _patcher = patcher;
        _sites = new NativeList<Site>(bytes / LeastBytes);
        _links = new NativeList<BlockLink>(bytes / LeastBytes);
    }

    /// <summary>A site by its number.</summary>
    internal ref readonly Site SiteAt(int number) => ref _sites[number];

    /// <summary>A link by its number.</summary>
    internal ref readonly BlockLink LinkAt(int number) => ref _links[number];

    /// <summary>A block by its number.</summary>
    internal TranslatedBlock BlockAt(int number) => _blocks[number];

    /// <summary>Forgets everything: the code is gone.</summary>
    internal void Clear()
    {
        _blocks.Clear();
        _sites.Clear();
        _links.Clear();
        _far.Clear();
        _pending = 0;
    }

    /// <summary>Gives a new block its number.</summary>
    internal void Add(TranslatedBlock block)
    {
        block.Number = _blocks.Count;
        _blocks.Add(block);
    }

    /// <summary>Adds a site.</summary>
    /// <returns>Its number.</returns>
    internal int AddSite(in Site site) => _sites.Add(site);

    /// <summary>Adds a jump out of the block in the making.</summary>
    internal void Add(TranslatedBlock from, nint jump, long target, bool withFlags, ModeKey mode) =>
        _links.Add(new BlockLink { From = from.Number, To = -1, Next = -1, Jump = jump, Target = target, WithFlags = withFlags, Mode = mode });

    /// <summary>Writes the stubs to which the new block's jumps lead until they are linked.</summary>
    internal void EmitStubs(TranslatedBlock block, CodeWriter code, Trampolines stubs)
    {
        (block.FirstLink, block.Links) = (_pending, _links.Count - _pending);
        for (; _pending < _links.Count; _pending++)
        {
            ref BlockLink link = ref _links[_pending];
            link.Stub = code.Here;
            code.Patch(link.Jump, link.Stub);
            if (link.WithFlags)
            {
                BlockEmitter.StoreFlags(code);
            }

            code.StoreInt32(Host.Rbp, StatePlaces.Site, _pending);
            _ = code.Jump(stubs.Exit(Leave.Link));
        }
    }

    /// <summary>Makes a jump lead to a block.</summary>
    internal void Connect(int number, TranslatedBlock to)
    {
        ref BlockLink link = ref _links[number];
        if (_blocks[link.From].IsDropped || to.IsDropped)
        {
            return;
        }

        (link.To, link.Next, to.Incoming) = (to.Number, to.Incoming, number);
        _patcher.Lead(link.Jump, link.WithFlags ? to.EntryWithFlags : to.Entry);
        if (link.IsFar)
        {
            _far.Add(number);
        }
    }

    /// <summary>Makes no jump lead to a block any longer, nor from it.</summary>
    internal void Disconnect(TranslatedBlock block)
    {
        while (block.Incoming >= 0)
        {
            Release(block.Incoming);
        }

        for (int number = block.FirstLink; number < block.FirstLink + block.Links; number++)
        {
            if (_links[number].To >= 0)
            {
                Remove(number);
            }
        }
    }

    /// <summary>Undoes every link to another page: what is mapped there may have changed.</summary>
    internal void DisconnectFar()
    {
        foreach (int number in _far)
        {
            if (_links[number].To >= 0)
            {
                Release(number);
            }
        }

        _far.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sites.Dispose();
        _links.Dispose();
    }

    private void Release(int number)
    {
        Remove(number);
        _patcher.Lead(_links[number].Jump, _links[number].Stub);
    }

    // Takes a link out of its target's list.
    private void Remove(int number)
    {
        ref BlockLink link = ref _links[number];
        TranslatedBlock to = _blocks[link.To];
        if (to.Incoming == number)
        {
            to.Incoming = link.Next;
        }
        else
        {
            int before = to.Incoming;
            while (_links[before].Next != number)
            {
                before = _links[before].Next;
            }

            _links[before].Next = link.Next;
        }

        (link.To, link.Next) = (-1, -1);
    }
}
