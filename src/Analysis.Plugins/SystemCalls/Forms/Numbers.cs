namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments that are numbers.</summary>
internal static class Numbers
{
    /// <summary>A signed word of 32 bits.</summary>
    internal static readonly ArgumentForm Int = new(text => text.Add((int)text.Value));

    /// <summary>A signed word of the process's size.</summary>
    internal static readonly ArgumentForm Long = new(text => text.Add(text.Is64 ? (long)text.Value : (int)text.Value));

    /// <summary>An unsigned word of 32 bits.</summary>
    internal static readonly ArgumentForm Unsigned = new(text => text.AddUnsigned((uint)text.Value));

    /// <summary>A size in bytes.</summary>
    internal static readonly ArgumentForm Size = new(text => text.AddUnsigned(text.Value));

    /// <summary>Bits without names.</summary>
    internal static readonly ArgumentForm Hex = new(text => text.AddHex(text.Value));

    /// <summary>An address that is not followed.</summary>
    internal static readonly ArgumentForm Pointer = new(text => text.AddPointer(text.Value));

    /// <summary>A file descriptor.</summary>
    internal static readonly ArgumentForm Descriptor = Int;

    /// <summary>A user's or group's number; all ones is none.</summary>
    internal static readonly ArgumentForm Identity = Int;

    /// <summary>The descriptor of a folder, or the current one.</summary>
    internal static readonly ArgumentForm Folder = new(text => _ = (int)text.Value == -100 ? text.Add("AT_FDCWD") : text.Add((int)text.Value));

    /// <summary>A file's permissions.</summary>
    internal static readonly ArgumentForm Mode = new(text => text.AddOctal((uint)text.Value));

    /// <summary>A place in a file.</summary>
    internal static readonly ArgumentForm Offset = new(text => text.Add((long)text.Value));

    /// <summary>A place in a file, shown in hexadecimal.</summary>
    internal static readonly ArgumentForm HexOffset = Hex;

    /// <summary>Two descriptors that the call made.</summary>
    internal static readonly ArgumentForm TwoDescriptors = new(
        text =>
        {
            if (text.ReadOrPointer(text.Value, 8) is { } bytes)
            {
                text.Add("[").Add(BitConverter.ToInt32(bytes, 0)).Add(", ").Add(BitConverter.ToInt32(bytes, 4)).Add("]");
            }
        },
        AtExit: true);

    /// <summary>A number of 32 bits that the call takes and fills in: as it is afterwards, also where the call has failed.</summary>
    internal static readonly ArgumentForm IntOut = new(
        text =>
        {
            byte[] bytes = new byte[4];
            _ = text.TryRead(text.Value, bytes) ? text.Add("[").Add(BitConverter.ToInt32(bytes)).Add("]") : text.AddPointer(text.Value);
        },
        AtExit: true);

    /// <summary>Writes the permissions of a file that is there.</summary>
    internal static void AddMode(ArgumentText text, uint mode)
    {
        uint special = mode & 0xE00;
        if (special != 0)
        {
            text.Add(Constants.ModeBits.Bits(special)).Add("|");
        }

        text.AddOctal(mode & ~0xE00u);
    }
}
