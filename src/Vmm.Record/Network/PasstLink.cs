using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Guest.Machine;
using Guest.Machine.Board;
using Vmm.Record.Native;

namespace Vmm.Record.Network;

/// <summary>A running passt: its frames come and go through a socket that nobody else has; it ends when that is closed.</summary>
internal sealed class PasstLink : IFrameLink
{
    private const int EndMilliseconds = 2000;

    private readonly Process _passt;
    private readonly SocketLink _frames;

    private PasstLink(Process passt, SocketLink frames)
    {
        _passt = passt;
        _frames = frames;
    }

    /// <summary>Starts passt and waits until it serves.</summary>
    /// <param name="arguments">Its arguments, without the socket.</param>
    /// <param name="device">The guest's device.</param>
    /// <exception cref="ReplayKitException">RK0800: it is not there; RK0801: it cannot do what is asked for.</exception>
    internal static PasstLink Start(IEnumerable<string> arguments, NetworkDescription device)
    {
        using SocketPair sockets = SocketPair.Create();
        ProcessStartInfo start = new("passt", [.. arguments, "--fd", sockets.Theirs.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true, RedirectStandardInput = true };
        PasstLink link = new(Begin(start), new SocketLink(sockets.Ours));
        Task<string> said = link._passt.StandardError.ReadToEndAsync();
        sockets.Dispose();
        if (!ArpProbe.IsAnswered(link._frames, device))
        {
            link.Dispose();
            throw NetworkErrors.PasstFailed(LastLine(said.GetAwaiter().GetResult()));
        }

        return link;
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> frame) => _frames.Receive(frame);

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> frame) => _frames.Send(frame);

    /// <inheritdoc/>
    public void Close() => _frames.Close();

    /// <inheritdoc/>
    public void Dispose()
    {
        _frames.Dispose();
        if (!_passt.WaitForExit(EndMilliseconds))
        {
            _passt.Kill();
            _passt.WaitForExit();
        }

        _passt.Dispose();
    }

    private static Process Begin(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw NetworkErrors.NoPasst(missing);
        }
    }

    // passt says much, and last why it ends. Where there is no system log it complains of that too.
    private static string LastLine(string said) => said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .LastOrDefault(line => !line.EndsWith("to syslog", StringComparison.Ordinal), "it did not say why");
}
