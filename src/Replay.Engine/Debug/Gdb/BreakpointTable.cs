using System.Collections.Immutable;
using Guest.Machine;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The breakpoints and watchpoints that gdb has set (packets Z and z).</summary>
internal sealed class BreakpointTable
{
    private const ulong MostBytes = 1 << 20;
    private readonly HashSet<(int Type, ulong Address, ulong Length)> _points = [];

    /// <summary>Takes a packet Z or z: <c>Z0,address,kind</c>.</summary>
    /// <returns>The answer.</returns>
    internal string Take(string packet)
    {
        string[] parts = packet[1..].Split(';')[0].Split(',');
        if (parts.Length != 3 || !int.TryParse(parts[0], out int type) || type is < 0 or > 4)
        {
            return "";
        }

        if (!Hex.TryNumber(parts[1], out ulong address) || !Hex.TryNumber(parts[2], out ulong length) || (type >= 2 && length - 1 >= MostBytes))
        {
            return GdbSession.WrongArguments;
        }

        _ = packet[0] == 'Z' ? _points.Add((type, address, length)) : _points.Remove((type, address, length));
        return GdbSession.Done;
    }

    /// <summary>Whether the breakpoint at an address is a software one.</summary>
    internal bool IsSoftware(ulong address) => _points.Any(point => point.Type == 0 && point.Address == address);

    /// <summary>All of them as conditions.</summary>
    /// <param name="which">What counts.</param>
    internal Conditions ToConditions(Conditions which) => which with
    {
        Breakpoints = [.. _points.Where(point => point.Type < 2).Select(point => point.Address).Distinct().Order()],
        Watchpoints = [.. _points.Where(point => point.Type >= 2).Select(point => new Watchpoint(new GuestVirtual(point.Address), point.Length, KindOf(point.Type)))],
    };

    private static WatchKind KindOf(int type) => type switch
    {
        2 => WatchKind.Write,
        3 => WatchKind.Read,
        _ => WatchKind.Access,
    };
}
