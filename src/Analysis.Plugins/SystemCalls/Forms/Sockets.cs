using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments of calls about sockets.</summary>
internal static class Sockets
{
    private const int MostAddress = 128;
    private const int MessageBytes = 56;

    /// <summary>What kind of socket.</summary>
    internal static readonly ArgumentForm Type = new(text =>
    {
        uint flags = (uint)text.Value & ~0xFu;
        text.Add(Constants.SocketType.Name((uint)text.Value & 0xF)).Add(flags == 0 ? string.Empty : "|" + Constants.SocketFlags.Bits(flags));
    });

    /// <summary>The protocol of a socket's family.</summary>
    internal static readonly ArgumentForm Protocol = new(text =>
        _ = text.Argument(0) is 2 or 10 ? text.Add(Constants.InternetProtocol.Name((uint)text.Value)) : text.Add((int)text.Value));

    /// <summary>An address, of as many bytes as another argument says.</summary>
    /// <param name="length">Which argument.</param>
    internal static ArgumentForm Address(int length) => new(text => AddAddress(text, text.Value, (uint)text.Argument(length)));

    /// <summary>An address that the call filled in, of as many bytes as the word says that another argument points to.</summary>
    /// <param name="length">Which argument.</param>
    internal static ArgumentForm AddressOut(int length) => new(
        text =>
        {
            byte[] size = new byte[4];
            if (Errno.Is(text.Result ?? 0) || !text.TryRead(text.Argument(length), size))
            {
                text.AddPointer(text.Value);
                return;
            }

            AddAddress(text, text.Value, BitConverter.ToUInt32(size));
        },
        AtExit: true);

    /// <summary>An option of a level.</summary>
    internal static readonly ArgumentForm Option = new(text => text.Add(text.Argument(1) switch
    {
        1 => Constants.SocketOption.Name((uint)text.Value),
        6 => Constants.TcpOption.Name((uint)text.Value),
        _ => text.Value.ToString(CultureInfo.InvariantCulture),
    }));

    /// <summary>An option's value.</summary>
    internal static readonly ArgumentForm OptionValue = new(text => AddOption(text, (uint)text.Argument(4)));

    /// <summary>An option's value that the call filled in.</summary>
    internal static readonly ArgumentForm OptionValueOut = new(text => AddOption(text, 4), AtExit: true);

    /// <summary>A message that is sent.</summary>
    internal static readonly ArgumentForm Message = new(text => AddMessage(text, ulong.MaxValue));

    /// <summary>A message that was received.</summary>
    internal static readonly ArgumentForm MessageOut = new(text => AddMessage(text, (ulong)Math.Max(0, text.Result ?? 0)), AtExit: true);

    private static void AddOption(ArgumentText text, uint length)
    {
        if (length == 4 && text.ReadOrPointer(text.Value, 4) is { } bytes)
        {
            text.Add("[").Add(BitConverter.ToInt32(bytes)).Add("]");
        }
        else if (length != 4)
        {
            Texts.AddBuffer(text, text.Value, length);
        }
    }

    private static void AddAddress(ArgumentText text, ulong pointer, uint length)
    {
        byte[] address = new byte[Math.Min(length, MostAddress)];
        if (address.Length < 2 || !text.TryRead(pointer, address))
        {
            text.AddPointer(pointer);
            return;
        }

        ushort family = BinaryPrimitives.ReadUInt16LittleEndian(address);
        text.Add("{sa_family=").Add(Constants.Family.Name(family));
        switch (family)
        {
            case 1 when address.Length > 2:
                AddUnix(text, address.AsSpan(2));
                break;
            case 2 when address.Length >= 8:
                text.Add(", sin_port=htons(").AddUnsigned(BinaryPrimitives.ReadUInt16BigEndian(address.AsSpan(2)));
                text.Add($"), sin_addr=inet_addr(\"{new IPAddress(address.AsSpan(4, 4))}\")");
                break;
            case 10 when address.Length >= 24:
                text.Add(", sin6_port=htons(").AddUnsigned(BinaryPrimitives.ReadUInt16BigEndian(address.AsSpan(2)));
                text.Add("), sin6_flowinfo=htonl(").AddUnsigned(BinaryPrimitives.ReadUInt32BigEndian(address.AsSpan(4)));
                text.Add($"), inet_pton(AF_INET6, \"{new IPAddress(address.AsSpan(8, 16))}\", &sin6_addr), sin6_scope_id=").AddUnsigned(address.Length >= 28 ? BitConverter.ToUInt32(address, 24) : 0);
                break;
            case 16 when address.Length >= 12:
                text.Add(", nl_pid=").AddUnsigned(BitConverter.ToUInt32(address, 4)).Add(", nl_groups=").Add($"{BitConverter.ToUInt32(address, 8):x8}");
                break;
            default:
                text.Add(", sa_data=").Add(Texts.Quoted(address.AsSpan(2)));
                break;
        }

        text.Add("}");
    }

    // A name without a file begins with a zero byte.
    private static void AddUnix(ArgumentText text, ReadOnlySpan<byte> path)
    {
        bool isAbstract = path[0] == 0;
        int end = isAbstract ? path.Length : path.IndexOf((byte)0);
        path = path[(isAbstract ? 1 : 0)..(end < 0 ? path.Length : end)];
        text.Add(", sun_path=").Add(isAbstract ? "@" : string.Empty).Add(Texts.Quoted(path));
    }

    private static void AddMessage(ArgumentText text, ulong filled)
    {
        if (!text.Is64)
        {
            text.AddPointer(text.Value);
            return;
        }

        if (text.ReadOrPointer(text.Value, MessageBytes) is not { } header)
        {
            return;
        }

        ulong Word(int at) => BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(at));
        uint nameLength = BitConverter.ToUInt32(header, 8);
        text.Add("{msg_name=");
        AddAddress(text, Word(0), nameLength);
        text.Add(", msg_namelen=").AddUnsigned(nameLength).Add(", msg_iov=");
        Files.AddVector(text, Word(16), Word(24), filled);
        text.Add(", msg_iovlen=").AddUnsigned(Word(24));
        _ = Word(40) == 0 ? text : text.Add(", msg_control=").AddPointer(Word(32));
        text.Add(", msg_controllen=").AddUnsigned(Word(40)).Add(", msg_flags=").Add(Constants.Message.Bits(BitConverter.ToUInt32(header, 48))).Add("}");
    }
}
