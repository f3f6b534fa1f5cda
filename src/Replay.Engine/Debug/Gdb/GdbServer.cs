using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Guest.Machine;

namespace Replay.Engine.Debug.Gdb;

/// <summary>Waits for gdb on a port of the loopback interface, or on a Unix socket, and serves one after the other.</summary>
/// <remarks>While one is served, others are turned away. The replay stays where one leaves it, for the next.</remarks>
public sealed class GdbServer : IDisposable
{
    private readonly Socket _listener;
    private readonly BlockingCollection<Socket> _waiting = [];
    private readonly string? _path;
    private volatile bool _isBusy;

    private GdbServer(Socket listener, string? path)
    {
        _listener = listener;
        _path = path;
        new Thread(Accept) { IsBackground = true, Name = "gdb connections" }.Start();
    }

    /// <summary>What gdb's <c>target remote</c> takes.</summary>
    public string Target => _path ?? _listener.LocalEndPoint!.ToString()!;

    /// <summary>Listens on a port of 127.0.0.1.</summary>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <exception cref="ReplayKitException">RK0510: the host refuses.</exception>
    public static GdbServer OnPort(int port) => Listen(new IPEndPoint(IPAddress.Loopback, port), AddressFamily.InterNetwork, null);

    /// <summary>Listens on a Unix socket, which only its owner can use; it is removed at the end.</summary>
    /// <param name="path">Its path; there must be nothing.</param>
    /// <exception cref="ReplayKitException">RK0510: the host refuses.</exception>
    public static GdbServer OnPath(string path) => Listen(new UnixDomainSocketEndPoint(path), AddressFamily.Unix, path);

    /// <summary>Serves gdbs until one asks to end the debugging (<c>kill</c>).</summary>
    /// <param name="replay">The replay.</param>
    /// <param name="places">What a position in words means.</param>
    /// <param name="process">The process whose threads gdb is shown, by number or name; null for the vCPU.</param>
    /// <param name="once">Whether to end when the first one has left.</param>
    public void Serve(DebuggedReplay replay, Func<string, Position> places, string? process = null, bool once = false)
    {
        bool isKilled = false;
        while (!isKilled && _waiting.TryTake(out Socket? client, Timeout.Infinite))
        {
            isKilled = ServeOne(client, replay, places, process) || once;
            _isBusy = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    private static GdbServer Listen(EndPoint end, AddressFamily family, string? path)
    {
        Socket listener = new(family, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(end);
            listener.Listen(1);
            if (path is not null && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return new GdbServer(listener, path);
        }
        catch (SocketException error)
        {
            listener.Dispose();
            throw new ReplayKitException(510, ExitCode.HostCannot, $"cannot wait for gdb on {path ?? end.ToString()}: {error.Message}", error);
        }
    }

    private static bool ServeOne(Socket client, DebuggedReplay replay, Func<string, Position> places, string? process)
    {
        bool isKilled;
        using (PacketStream packets = new(new NetworkStream(client, ownsSocket: true), replay.Interrupt))
        {
            GdbSession session = new(replay, packets, places, process);
            session.Run();
            isKilled = session.IsKilled;
        }

        replay.ForgetInterrupt();
        return isKilled;
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                if (_isBusy)
                {
                    client.Dispose();
                }
                else
                {
                    _isBusy = true;
                    if (_path is null)
                    {
                        client.NoDelay = true;
                    }

                    _waiting.Add(client);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The server has ended.
            _waiting.CompleteAdding();
        }
    }
}
