using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Guest.Machine;
using Guest.Machine.Board;
using Vmm.Record.Network;

namespace ReplayKit.Cli.Arguments;

/// <summary>The value of <c>--net</c>.</summary>
internal static class NetText
{
    /// <summary>Its form, for the help.</summary>
    public const string Form = "user[,forward=[udp:][ADDRESS/]PORT[:GUESTPORT]]...[,ipv6][,host], stream,unix=PATH|tcp=HOST:PORT[,listen], or tap,name=NAME; each with [,mac=MAC][,mtu=N]";

    private const string Option = "--net";
    private const int LongestTapName = 15;

    /// <summary>Reads it.</summary>
    /// <exception cref="ReplayKitException">RK0301: it has another form.</exception>
    public static NetworkChoice Parse(string text)
    {
        Suboptions parts = Suboptions.Parse(Option, text);
        NetworkChoice choice = parts.First switch
        {
            "user" => User(parts),
            "stream" => Stream(parts),
            "tap" => Tap(parts),
            _ => throw UsageError.Wrong($"{Option}: there is no kind '{parts.First}'; the kinds are user, stream and tap"),
        };
        choice = choice with { Mac = parts.Value("mac"), Mtu = Mtu(parts.Value("mtu")) };
        parts.RefuseOthers();
        return IsPossible(choice.Describe(slot: 1, number: 0)) ? choice : throw UsageError.Wrong(
            $"{Option}: a device has a mac such as 52:54:00:12:34:56, of one device and not of a group, and an mtu from 68 to {NetworkDescription.LargestMtu}");
    }

    private static bool IsPossible(NetworkDescription device) => device.IsPossible && PhysicalAddress.TryParse(device.Mac, out _);

    private static UserNetwork User(Suboptions parts) => new()
    {
        Forwards = [.. parts.Values("forward").Select(Forward)],
        Ipv6 = parts.Has("ipv6"),
        ReachesHost = parts.Has("host"),
    };

    private static StreamNetwork Stream(Suboptions parts) => (parts.Value("unix"), parts.Value("tcp")) switch
    {
        ({ } path, null) => new StreamNetwork(new UnixDomainSocketEndPoint(path), parts.Has("listen")),
        (null, { } address) => new StreamNetwork(HostAndPort(address), parts.Has("listen")),
        _ => throw UsageError.Wrong($"{Option}: a stream goes to unix=PATH or to tcp=HOST:PORT"),
    };

    private static TapNetwork Tap(Suboptions parts) => parts.Value("name") is { Length: <= LongestTapName } name && System.Text.Ascii.IsValid(name)
        ? new TapNetwork(name)
        : throw UsageError.Wrong($"{Option}: a tap needs name=NAME, of at most {LongestTapName} ASCII characters");

    private static DnsEndPoint HostAndPort(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && Port(text[(colon + 1)..]) is { } port
            ? new DnsEndPoint(text[..colon], port)
            : throw UsageError.Wrong($"{Option}: '{text}' is no HOST:PORT");
    }

    private static PortForward Forward(string text)
    {
        bool udp = text.StartsWith("udp:", StringComparison.Ordinal);
        string rest = udp || text.StartsWith("tcp:", StringComparison.Ordinal) ? text[4..] : text;
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string[] ports = rest[(slash + 1)..].Split(':');
        IPAddress? address = IPAddress.Loopback;
        return (slash < 0 || IPAddress.TryParse(rest[..slash], out address)) && ports.Length <= 2 && Port(ports[0]) is { } host && Port(ports[^1]) is { } guest
            ? new PortForward(udp, address!, host, guest)
            : throw UsageError.Wrong($"{Option}: forward={text} is not [udp:][ADDRESS/]PORT[:GUESTPORT]");
    }

    private static ushort? Port(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0 ? port : null;

    private static ushort? Mtu(string? text) => text is null ? null
        : ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort mtu) ? mtu
        : throw UsageError.Wrong($"{Option}: mtu takes a number");
}
