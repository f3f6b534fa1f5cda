using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Emit;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>The places at which emitted code leaves, and the jumps between blocks that lead to their targets once these are known.</summary>
internal sealed class LinkTable
{
    private readonly List<int> _far = [];
    private readonly CodeWriter _patcher;
    private Site[] _sites = new Site[1 << 12];
    private BlockLink[] _links = new BlockLink[1 << 12];
    private int _siteCount;
    private int _linkCount;
    private int _pending;

    /// <param name="patcher">Any writer of the code memory: jumps are patched through it.</param>
    internal LinkTable(CodeWriter patcher) => _patcher = patcher;

    /// <summary>A site by its number.</summary>
    internal ref readonly Site SiteAt(int number) => ref _sites[number];

    /// <summary>A link by its number.</summary>
    internal ref readonly BlockLink LinkAt(int number) => ref _links[number];

    /// <summary>Forgets everything: the code is gone.</summary>
    internal void Clear()
    {
        Array.Clear(_sites, 0, _siteCount);
        Array.Clear(_links, 0, _linkCount);
        (_siteCount, _linkCount, _pending) = (0, 0, 0);
        _far.Clear();
    }

    /// <summary>Adds a site.</summary>
    /// <returns>Its number.</returns>
    internal int AddSite(in Site site)
    {
        if (_siteCount == _sites.Length)
        {
            Array.Resize(ref _sites, 2 * _siteCount);
        }

        _sites[_siteCount] = site;
        return _siteCount++;
    }

    /// <summary>Adds a jump out of the block in the making.</summary>
    internal void Add(TranslatedBlock from, nint jump, long target, bool withFlags, ModeKey mode)
    {
        if (_linkCount == _links.Length)
        {
            Array.Resize(ref _links, 2 * _linkCount);
        }

        _links[_linkCount++] = new BlockLink { From = from, Jump = jump, Target = target, WithFlags = withFlags, Mode = mode };
    }

    /// <summary>Writes the stubs to which the new block's jumps lead until they are linked.</summary>
    internal void EmitStubs(TranslatedBlock block, CodeWriter code, Trampolines stubs)
    {
        for (; _pending < _linkCount; _pending++)
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
            block.Outgoing.Add(_pending);
        }
    }

    /// <summary>Makes a jump lead to a block.</summary>
    internal void Connect(int number, TranslatedBlock to)
    {
        ref BlockLink link = ref _links[number];
        if (link.From.IsDropped || to.IsDropped)
        {
            return;
        }

        link.To = to;
        to.Incoming.Add(number);
        _patcher.Patch(link.Jump, link.WithFlags ? to.EntryWithFlags : to.Entry);
        if (link.IsFar)
        {
            _far.Add(number);
        }
    }

    /// <summary>Makes no jump lead to a block any longer, nor from it.</summary>
    internal void Disconnect(TranslatedBlock block)
    {
        foreach (int number in block.Incoming)
        {
            Release(number, block);
        }

        block.Incoming.Clear();
        foreach (int number in block.Outgoing)
        {
            _links[number].To?.Incoming.Remove(number);
            _links[number].To = null;
        }
    }

    /// <summary>Undoes every link to another page: what is mapped there may have changed.</summary>
    internal void DisconnectFar()
    {
        foreach (int number in _far)
        {
            if (_links[number].To is { } to)
            {
                _ = to.Incoming.Remove(number);
                Release(number, to);
            }
        }

        _far.Clear();
    }

    private void Release(int number, TranslatedBlock to)
    {
        ref BlockLink link = ref _links[number];
        if (link.To == to)
        {
            link.To = null;
            _patcher.Patch(link.Jump, link.Stub);
        }
    }
}
