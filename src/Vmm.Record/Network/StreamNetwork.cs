using System.Net;
using System.Net.Sockets;
using Guest.Machine.Board;

namespace Vmm.Record.Network;

/// <summary>A stream socket to another program, as QEMU's <c>-netdev stream</c>.</summary>
/// <param name="Address">Where: a <see cref="UnixDomainSocketEndPoint"/> or a <see cref="DnsEndPoint"/>.</param>
/// <param name="Listens">Whether the other side connects to us; the run waits for it.</param>
public sealed record StreamNetwork(EndPoint Address, bool Listens) : NetworkChoice
{
    /// <inheritdoc/>
    public override IFrameLink Open(NetworkDescription device)
    {
        try
        {
            return new SocketLink(Listens ? Accept() : Connect());
        }
        catch (SocketException error)
        {
            throw NetworkErrors.NoStream(Address.ToString() ?? string.Empty, error);
        }
    }

    private bool IsUnix => Address is UnixDomainSocketEndPoint;

    private Socket NewSocket() => new(IsUnix ? AddressFamily.Unix : AddressFamily.InterNetwork, SocketType.Stream, IsUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);

    private Socket Connect()
    {
        Socket socket = NewSocket();
        try
        {
            socket.Connect(Address);
            return WithoutDelay(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Socket Accept()
    {
        using Socket listener = NewSocket();
        listener.Bind(Address is DnsEndPoint name ? new IPEndPoint(Dns.GetHostAddresses(name.Host, AddressFamily.InterNetwork)[0], name.Port) : Address);
        listener.Listen(1);
        return WithoutDelay(listener.Accept());
    }

    private Socket WithoutDelay(Socket socket)
    {
        if (!IsUnix)
        {
            socket.NoDelay = true;
        }

        return socket;
    }
}
