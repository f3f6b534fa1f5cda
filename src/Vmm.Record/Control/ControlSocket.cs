using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Guest.Machine;

namespace Vmm.Record.Control;

/// <summary>The Unix socket by which others control a running machine: a JSON object a line, each answered by one (docs/control.md). Its user alone may connect.</summary>
internal sealed class ControlSocket : IDisposable
{
    private const int LongestLine = 1 << 16;

    private readonly string _path;
    private readonly MachineControl _control;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Makes the socket and listens.</summary>
    /// <exception cref="ReplayKitException">RK0317: it cannot be made.</exception>
    internal ControlSocket(string path, MachineControl control)
    {
        _path = path;
        _control = control;
        try
        {
            // Nobody can connect before it listens, and then its rights are right.
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            _listener.Listen();
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            _listener.Dispose();
            throw new ReplayKitException(317, ExitCode.HostCannot, $"the control socket {path} cannot be made: {error.Message.TrimEnd('.')}", error);
        }

        new Thread(AcceptAll) { IsBackground = true, Name = "control" }.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_path);
    }

    private void AcceptAll()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                new Thread(() => Serve(client)) { IsBackground = true, Name = "control client" }.Start();
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private void Serve(Socket client)
    {
        try
        {
            using NetworkStream stream = new(client, ownsSocket: true);
            using StreamReader lines = new(stream, Encoding.UTF8);
            while (ReadLine(lines) is { } line)
            {
                stream.Write(Encoding.UTF8.GetBytes(AnswerTo(line).ToJsonString() + "\n"));
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            return;
        }
    }

    // Null at the end, and for a line that is longer than any request.
    private static string? ReadLine(StreamReader lines)
    {
        StringBuilder line = new();
        for (int next = lines.Read(); next >= 0 && line.Length <= LongestLine; next = lines.Read())
        {
            if (next == '\n')
            {
                return line.ToString();
            }

            line.Append((char)next);
        }

        return null;
    }

    private JsonObject AnswerTo(string line)
    {
        try
        {
            JsonObject request = JsonNode.Parse(line) as JsonObject ?? throw new JsonException("a request is an object");
            JsonObject answer = _control.Ask(new ControlRequest((string?)request["command"] ?? string.Empty, (string?)request["output"])).GetAwaiter().GetResult().ToJson();
            if (request["id"] is { } id)
            {
                answer["id"] = id.DeepClone();
            }

            return answer;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return new JsonObject { ["ok"] = false, ["error"] = $"this is no request: {error.Message}" };
        }
    }
}
