using System.Globalization;
using System.Text;

namespace Replay.Engine.Debug.Gdb;

/// <content>Queries: packets that begin with q.</content>
public sealed partial class GdbSession
{
    private const string Features =
        "qXfer:features:read+;qXfer:threads:read+;qXfer:exec-file:read+;qXfer:auxv:read+;qXfer:libraries-svr4:read+;QStartNoAckMode+;ReverseStep+;ReverseContinue+;swbreak+;hwbreak+;vContSupported+";

    private string Query(string packet)
    {
        string[] parts = packet.Split(':', 2);
        return parts[0] switch
        {
            "qSupported" => Supported(packet),
            "qAttached" => "1",
            "qC" => "QC" + _threads.Running.IdText,
            "qfThreadInfo" => ThreadList(),
            "qsThreadInfo" => "l",
            "qSymbol" => Done,
            "qXfer" when parts.Length == 2 => Transfer(parts[1]),
            _ when packet.StartsWith("qThreadExtraInfo,", StringComparison.Ordinal) => Hex.Of(_threads.Find(packet[17..])?.Name ?? "gone"),
            _ when packet.StartsWith("qRcmd,", StringComparison.Ordinal) => Monitor(packet[6..]),
            _ => Unsupported,
        };
    }

    private string Supported(string packet)
    {
        _knowsSoftwareStops = packet.Contains("swbreak+", StringComparison.Ordinal);
        _knowsHardwareStops = packet.Contains("hwbreak+", StringComparison.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $"PacketSize={PacketParser.MaxBytes:x};{Features}");
    }

    private string Monitor(string digits)
    {
        if (Hex.TextOf(digits) is not { } command)
        {
            return WrongArguments;
        }

        Print(_monitor.Run(command), isExpected: true);
        return Done;
    }

    // qXfer:OBJECT:read:ANNEX:OFFSET,LENGTH
    private string Transfer(string request)
    {
        string[] parts = request.Split(':');
        if (parts.Length != 4 || parts[1] != "read" || parts[3].Split(',') is not [var at, var count]
            || !Hex.TryNumber(at, out ulong offset) || !Hex.TryNumber(count, out ulong length))
        {
            return Unsupported;
        }

        string? content = (parts[0], parts[2]) switch
        {
            ("features", "target.xml") => Registers.Description,
            ("features", _) => null,
            ("threads", "") => ThreadsAsXml(),
            ("exec-file", _) => _programs.Program() ?? (_guest.Kernel is null ? null : ServedFiles.Kernel),
            ("auxv", "") => _process.Find() is { } process && _guest.AuxiliaryVectorOf(process) is { } vector ? Encoding.Latin1.GetString(vector) : null,
            ("libraries-svr4", "") => _programs.Libraries(),
            _ => "",
        };
        if (content is null)
        {
            return "E00";
        }

        int from = (int)Math.Min(offset, (ulong)content.Length);
        int part = (int)Math.Min(Math.Min(length, MostBinaryBytes), (ulong)(content.Length - from));
        return content.Length == 0 ? Unsupported : $"{(from + part < content.Length ? 'm' : 'l')}{content.AsSpan(from, part)}";
    }
}
