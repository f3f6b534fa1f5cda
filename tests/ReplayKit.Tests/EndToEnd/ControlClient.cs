using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Somebody at a machine's control socket.</summary>
internal sealed class ControlClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _answers;

    public ControlClient(string path)
    {
        for (int tries = 0; !_socket.Connected; tries++)
        {
            try
            {
                _socket.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException) when (tries < 200)
            {
                Thread.Sleep(50);
            }
        }

        _answers = new StreamReader(new NetworkStream(_socket));
    }

    public JsonElement Ask(string command, string? output = null) => AskLine(JsonSerializer.Serialize(new { command, output }));

    public JsonElement AskLine(string line)
    {
        _socket.Send(Encoding.UTF8.GetBytes(line + "\n"));
        return JsonDocument.Parse(_answers.ReadLine()!).RootElement;
    }

    public void Dispose()
    {
        _answers.Dispose();
        _socket.Dispose();
    }
}
