using System.Text;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments that are texts and buffers.</summary>
internal static class Texts
{
    private const int LongestPath = 4096;

    /// <summary>A path, or another text that ends with a zero byte and is shown whole.</summary>
    internal static readonly ArgumentForm Path = new(text => AddTerminated(text, text.Value, LongestPath));

    /// <summary>A text that ends with a zero byte.</summary>
    internal static readonly ArgumentForm Text = new(text => AddTerminated(text, text.Value, text.Most));

    /// <summary>The program's arguments: pointers to texts, up to a null one.</summary>
    internal static readonly ArgumentForm TextArray = new(AddTextArray);

    /// <summary>The environment, of which the number of entries is shown.</summary>
    internal static readonly ArgumentForm Environment = new(AddEnvironment);

    /// <summary>A path that the call filled in, with a zero byte at its end.</summary>
    internal static readonly ArgumentForm PathOut = new(text => AddFilled(text, text.Value, (ulong)Math.Max(0, (text.Result ?? 0) - 1)), AtExit: true);

    /// <summary>A buffer that the call reads.</summary>
    /// <param name="length">Which argument says how many bytes it has.</param>
    internal static ArgumentForm Buffer(int length) => new(text => AddBuffer(text, text.Value, text.Argument(length)));

    /// <summary>A buffer that the call filled with as many bytes as its result says.</summary>
    internal static readonly ArgumentForm BufferOut = new(text => AddFilled(text, text.Value, (ulong)Math.Max(0, text.Result ?? 0)), AtExit: true);

    /// <summary>Random bytes that the call filled in, shown in hexadecimal as strace does it.</summary>
    internal static readonly ArgumentForm HexBufferOut = new(
        text =>
        {
            byte[] bytes = new byte[Math.Clamp(text.Result ?? 0, 0, text.Most)];
            if (Errno.Is(text.Result ?? 0) || !text.TryRead(text.Value, bytes))
            {
                text.AddPointer(text.Value);
                return;
            }

            text.Add("\"").Add(string.Concat(bytes.Select(each => $"\\x{each:x2}"))).Add("\"").Add((text.Result ?? 0) > text.Most ? "..." : string.Empty);
        },
        AtExit: true);

    /// <summary>Writes a buffer's bytes.</summary>
    internal static void AddBuffer(ArgumentText text, ulong address, ulong length)
    {
        byte[] bytes = new byte[Math.Min(length, (ulong)text.Most)];
        if (bytes.Length > 0 && !text.TryRead(address, bytes))
        {
            text.AddPointer(address);
            return;
        }

        _ = address == 0 ? text.Add("NULL") : text.Add(Quoted(bytes)).Add(length > (ulong)text.Most ? "..." : string.Empty);
    }

    /// <summary>Writes a text that ends with a zero byte.</summary>
    internal static void AddTerminated(ArgumentText text, ulong address, int most)
    {
        byte[] bytes = new byte[most + 1];
        int read = text.ReadUpTo(address, bytes);
        int end = bytes.AsSpan(0, read).IndexOf((byte)0);
        if (address == 0 || (end < 0 && read < bytes.Length))
        {
            text.AddPointer(address);
            return;
        }

        text.Add(Quoted(bytes.AsSpan(0, end < 0 ? most : end))).Add(end < 0 ? "..." : string.Empty);
    }

    /// <summary>Bytes as a C string: octal where they are no printable ASCII.</summary>
    internal static string Quoted(ReadOnlySpan<byte> bytes)
    {
        StringBuilder quoted = new("\"");
        for (int i = 0; i < bytes.Length; i++)
        {
            bool digitFollows = i + 1 < bytes.Length && bytes[i + 1] is >= (byte)'0' and <= (byte)'7';
            _ = bytes[i] switch
            {
                (byte)'"' => quoted.Append("\\\""),
                (byte)'\\' => quoted.Append("\\\\"),
                (byte)'\n' => quoted.Append("\\n"),
                (byte)'\r' => quoted.Append("\\r"),
                (byte)'\t' => quoted.Append("\\t"),
                (byte)'\v' => quoted.Append("\\v"),
                (byte)'\f' => quoted.Append("\\f"),
                >= 0x20 and < 0x7F => quoted.Append((char)bytes[i]),
                byte other => quoted.Append('\\').Append(digitFollows ? Convert.ToString(other, 8).PadLeft(3, '0') : Convert.ToString(other, 8)),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static void AddFilled(ArgumentText text, ulong address, ulong length)
    {
        if (Errno.Is(text.Result ?? 0))
        {
            text.AddPointer(address);
            return;
        }

        AddBuffer(text, address, length);
    }

    private static void AddTextArray(ArgumentText text)
    {
        if (Pointers(text, text.Most + 1) is not { } pointers)
        {
            text.AddPointer(text.Value);
            return;
        }

        text.Add("[");
        for (int i = 0; i < Math.Min(pointers.Count, text.Most); i++)
        {
            text.Add(i == 0 ? string.Empty : ", ");
            AddTerminated(text, pointers[i], text.Most);
        }

        text.Add(pointers.Count > text.Most ? ", ...]" : "]");
    }

    private static void AddEnvironment(ArgumentText text)
    {
        text.AddPointer(text.Value);
        if (Pointers(text, int.MaxValue) is { } pointers)
        {
            text.Add(" /* ").Add(pointers.Count).Add(pointers.Count == 1 ? " var */" : " vars */");
        }
    }

    private static List<ulong>? Pointers(ArgumentText text, int most)
    {
        List<ulong> pointers = [];
        byte[] word = new byte[8];
        for (ulong at = text.Value; pointers.Count < most; at += (ulong)text.WordSize)
        {
            if (!text.TryRead(at, word.AsSpan(0, text.WordSize)))
            {
                return null;
            }

            if (BitConverter.ToUInt64(word) is not (not 0 and var pointer))
            {
                break;
            }

            pointers.Add(pointer);
        }

        return pointers;
    }
}
