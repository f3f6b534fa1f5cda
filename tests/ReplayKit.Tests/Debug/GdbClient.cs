using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ReplayKit.Tests.Debug;

/// <summary>The other end of the remote protocol, with no manners of gdb's.</summary>
internal sealed class GdbClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _byte = new byte[1];

    public GdbClient(string target)
    {
        _socket.ReceiveTimeout = 60_000;
        _socket.NoDelay = true;
        _socket.Connect(IPEndPoint.Parse(target));
    }

    /// <summary>A packet of some data.</summary>
    public static string Packet(string data)
    {
        StringBuilder escaped = new();
        foreach (char each in data)
        {
            escaped.Append(each is '$' or '#' or '}' ? $"}}{(char)(each ^ 0x20)}" : each);
        }

        return string.Create(CultureInfo.InvariantCulture, $"${escaped}#{escaped.ToString().Sum(each => each) & 0xFF:x2}");
    }

    /// <summary>Sends bytes as they are.</summary>
    public void SendRaw(string bytes) => _socket.Send(Encoding.Latin1.GetBytes(bytes));

    /// <summary>Sends a packet and waits for its answer; null where the other end has hung up.</summary>
    public string? Ask(string data)
    {
        try
        {
            SendRaw(Packet(data));
            return Answer();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>The next answer; text for the user is skipped. Null where the other end has hung up.</summary>
    public string? Answer()
    {
        string? answer = Next();
        while (answer is { Length: > 1 } && answer[0] == 'O' && answer != "OK")
        {
            answer = Next();
        }

        return answer;
    }

    /// <summary>The next byte; negative where the other end has hung up.</summary>
    public int ReadByte() => _socket.Receive(_byte) == 1 ? _byte[0] : -1;

    public void Dispose() => _socket.Dispose();

    private string? Next()
    {
        int value = ReadByte();
        while (value is not ('$' or < 0))
        {
            value = ReadByte();
        }

        StringBuilder text = new();
        while (value >= 0 && (value = ReadByte()) is not ('#' or < 0))
        {
            text.Append((char)value);
        }

        _ = ReadByte();
        return ReadByte() < 0 ? null : text.ToString();
    }
}
