using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Analysis.Plugins.Coverage;

/// <summary>Coverage in the format of DynamoRIO's drcov, version 2 with module table version 2: what Lighthouse, Cartographer and others read.</summary>
internal static class DrcovFile
{
    private const int MostModules = ushort.MaxValue;

    /// <summary>Writes a file. A block that is longer than the format's 65535 bytes is several; one that lies more than 4 GiB behind its module's base has no place in it.</summary>
    public static void Write(Stream stream, IReadOnlyList<DrcovModule> modules, IReadOnlyList<CoveredBlock> blocks)
    {
        Dictionary<string, int> numbers = modules.Take(MostModules).Select((module, number) => (module.Path, number)).ToDictionary(pair => pair.Path, pair => pair.number);
        List<byte[]> entries = [];
        foreach (CoveredBlock block in blocks)
        {
            if (numbers.TryGetValue(block.Module, out int number) && block.Address - modules[number].Base <= uint.MaxValue)
            {
                entries.AddRange(Entries(block, block.Address - modules[number].Base, (ushort)number));
            }
        }

        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"DRCOV VERSION: 2\nDRCOV FLAVOR: drcov-64\nModule Table: version 2, count {numbers.Count}\nColumns: id, base, end, entry, path\n");
        for (int number = 0; number < numbers.Count; number++)
        {
            DrcovModule module = modules[number];
            text.Append(CultureInfo.InvariantCulture, $"{number}, 0x{module.Base:x16}, 0x{module.End:x16}, 0x{0:x16}, {module.Path.ReplaceLineEndings(" ")}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"BB Table: {entries.Count} bbs\n");
        stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
        entries.ForEach(entry => stream.Write(entry));
    }

    // struct { uint32_t start; uint16_t size; uint16_t mod_id; }
    private static IEnumerable<byte[]> Entries(CoveredBlock block, ulong start, ushort module)
    {
        for (ulong at = 0; at < block.Bytes; at += ushort.MaxValue)
        {
            byte[] entry = new byte[8];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)(start + at));
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(4), (ushort)Math.Min(block.Bytes - at, ushort.MaxValue));
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(6), module);
            yield return entry;
        }
    }
}
