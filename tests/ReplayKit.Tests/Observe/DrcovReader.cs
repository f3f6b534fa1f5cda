using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ReplayKit.Tests.Observe;

/// <summary>Reads drcov files as their description says (DynamoRIO's drcov, version 2; module table version 2), with nothing of the writer's.</summary>
internal sealed partial class DrcovReader
{
    public List<(ulong Base, ulong End, string Path)> Modules { get; } = [];

    public List<(uint Start, ushort Size, ushort Module)> Blocks { get; } = [];

    public static DrcovReader Read(byte[] file)
    {
        DrcovReader reader = new();
        int at = 0;
        Assert.Equal("DRCOV VERSION: 2", Line(file, ref at));
        Assert.StartsWith("DRCOV FLAVOR: drcov", Line(file, ref at), StringComparison.Ordinal);
        Match table = Modules2().Match(Line(file, ref at));
        Assert.True(table.Success);
        Assert.Equal("Columns: id, base, end, entry, path", Line(file, ref at));
        for (int i = 0; i < int.Parse(table.Groups[1].Value, CultureInfo.InvariantCulture); i++)
        {
            string[] columns = Line(file, ref at).Split(", ", 5);
            Assert.Equal(i, int.Parse(columns[0], CultureInfo.InvariantCulture));
            reader.Modules.Add((Hex(columns[1]), Hex(columns[2]), columns[4]));
        }

        Match blocks = Blocks2().Match(Line(file, ref at));
        Assert.True(blocks.Success);
        int count = int.Parse(blocks.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(8 * count, file.Length - at);
        for (int i = 0; i < count; i++, at += 8)
        {
            reader.Blocks.Add((
                BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)), BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 4)), BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 6))));
        }

        return reader;
    }

    private static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string Line(byte[] file, ref int at)
    {
        int end = Array.IndexOf(file, (byte)'\n', at);
        string line = Encoding.UTF8.GetString(file, at, end - at);
        at = end + 1;
        return line;
    }

    [GeneratedRegex("^Module Table: version 2, count ([0-9]+)$")]
    private static partial Regex Modules2();

    [GeneratedRegex("^BB Table: ([0-9]+) bbs$")]
    private static partial Regex Blocks2();
}
