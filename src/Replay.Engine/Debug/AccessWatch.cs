using System.Collections.Immutable;
using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <summary>Looks at the accesses to the pages of watchpoints, and tells of those to watched bytes.</summary>
/// <param name="cpus">The vCPUs.</param>
internal sealed class AccessWatch(IReadOnlyList<Vcpu> cpus) : IAccessObserver
{
    private const int PageBits = 12;
    private ImmutableArray<Watchpoint> _points = [];
    private Action<WatchedAccess> _hit = _ => { };

    /// <summary>Watches from now on. Nothing is watched, at no cost, where there are no watchpoints.</summary>
    /// <param name="points">The watchpoints.</param>
    /// <param name="hit">Called at each access, within the instruction.</param>
    internal void Begin(ImmutableArray<Watchpoint> points, Action<WatchedAccess> hit)
    {
        if (points.IsEmpty && _points.IsEmpty)
        {
            return;
        }

        _points = points;
        _hit = hit;
        HashSet<ulong> pages = Pages();
        foreach (Vcpu cpu in cpus)
        {
            cpu.WatchPages(points.IsEmpty ? null : this, pages);
        }
    }

    /// <summary>Watches nothing any longer.</summary>
    internal void End() => Begin([], _ => { });

    /// <inheritdoc/>
    public void Accessed(ulong linear, ulong physical, int size, bool write, ulong value)
    {
        foreach (Watchpoint point in _points)
        {
            if (point.Covers(linear, size, write))
            {
                _hit(new WatchedAccess(point, new GuestVirtual(linear), size, write, value & (ulong.MaxValue >> (64 - (8 * size)))));
            }
        }
    }

    private HashSet<ulong> Pages()
    {
        HashSet<ulong> pages = [];
        foreach (Watchpoint point in _points)
        {
            ulong last = (point.Address.Value + point.Length - 1) >> PageBits;
            for (ulong page = point.Address.Value >> PageBits; page <= last; page++)
            {
                pages.Add(page << PageBits);
            }
        }

        return pages;
    }
}
