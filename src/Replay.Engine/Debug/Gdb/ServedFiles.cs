using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Replay.Engine.Debug.Gdb;

/// <summary>Files that gdb may open through the protocol (vFile packets): the kernel's symbols. Nothing of the host's files, and nothing can be written.</summary>
internal sealed class ServedFiles
{
    /// <summary>The file that has the kernel's symbols.</summary>
    internal const string Kernel = "/replaykit/kernel";

    private const string NotFound = "F-1,2", BadDescriptor = "F-1,9", ReadOnly = "F-1,1e", WrongArguments = "F-1,16";
    private const int MostOpen = 64;
    private readonly Func<string, byte[]?> _find;
    private readonly Dictionary<ulong, byte[]> _open = [];
    private ulong _last = 2;

    /// <summary>Serves files.</summary>
    /// <param name="find">The content of a path; null where there is none.</param>
    internal ServedFiles(Func<string, byte[]?> find) => _find = find;

    /// <summary>Answers a vFile packet, given without that word and its colon.</summary>
    internal string Answer(string request)
    {
        int colon = request.IndexOf(':', StringComparison.Ordinal);
        string[] arguments = colon < 0 ? [] : request[(colon + 1)..].Split(',');
        return (colon < 0 ? request : request[..colon]) switch
        {
            "setfs" => "F0",
            "open" => Open(arguments),
            "close" => arguments is [var fd] && Hex.TryNumber(fd, out ulong closed) && _open.Remove(closed) ? "F0" : BadDescriptor,
            "pread" => Read(arguments),
            "fstat" => arguments is [var fd] && Hex.TryNumber(fd, out ulong number) && _open.TryGetValue(number, out byte[]? file) ? Status(file.Length) : BadDescriptor,
            "pwrite" or "unlink" => ReadOnly,
            "readlink" => WrongArguments,
            _ => "",
        };
    }

    private string Open(string[] arguments)
    {
        if (arguments is not [var digits, var flags, _] || Hex.TextOf(digits) is not { } path || !Hex.TryNumber(flags, out ulong wanted) || _open.Count >= MostOpen)
        {
            return WrongArguments;
        }

        if ((wanted & 3) != 0)
        {
            return ReadOnly;
        }

        if (_find(path) is not { } file)
        {
            return NotFound;
        }

        _open.Add(++_last, file);
        return string.Create(CultureInfo.InvariantCulture, $"F{_last:x}");
    }

    private string Read(string[] arguments)
    {
        if (arguments is not [var fd, var count, var offset] || !Hex.TryNumber(fd, out ulong number) || !Hex.TryNumber(count, out ulong bytes) || !Hex.TryNumber(offset, out ulong at))
        {
            return WrongArguments;
        }

        if (!_open.TryGetValue(number, out byte[]? file))
        {
            return BadDescriptor;
        }

        int from = (int)Math.Min(at, (ulong)file.Length);
        int length = (int)Math.Min(Math.Min(bytes, GdbSession.MostBinaryBytes), (ulong)(file.Length - from));
        return string.Create(CultureInfo.InvariantCulture, $"F{length:x};{Encoding.Latin1.GetString(file, from, length)}");
    }

    // struct stat of the protocol (GDB manual, appendix E.13): big-endian.
    private static string Status(int size)
    {
        const int RegularReadable = 0x8124, BlockBytes = 512;
        byte[] status = new byte[64];
        BinaryPrimitives.WriteInt32BigEndian(status.AsSpan(8), RegularReadable);
        BinaryPrimitives.WriteInt32BigEndian(status.AsSpan(12), 1);
        BinaryPrimitives.WriteInt64BigEndian(status.AsSpan(28), size);
        BinaryPrimitives.WriteInt64BigEndian(status.AsSpan(36), BlockBytes);
        BinaryPrimitives.WriteInt64BigEndian(status.AsSpan(44), (size + BlockBytes - 1) / BlockBytes);
        return $"F40;{Encoding.Latin1.GetString(status)}";
    }
}
