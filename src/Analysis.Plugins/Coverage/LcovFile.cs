using System.Globalization;
using System.Text;
using Guest.Linux.Elf;

namespace Analysis.Plugins.Coverage;

/// <summary>Coverage of source lines as lcov's tracefile (geninfo(1)), for genhtml and editors.</summary>
internal static class LcovFile
{
    /// <summary>Writes the lines of all files that have line tables. A line's count is that of its most executed piece of code.</summary>
    public static void Write(Stream stream, IReadOnlyDictionary<string, LineTable> tables, CoveredCode code)
    {
        SortedDictionary<string, SortedDictionary<int, long>> sources = new(StringComparer.Ordinal);
        foreach ((string module, LineTable table) in tables)
        {
            foreach (LineRow row in table.Rows)
            {
                string file = table.Files[row.File];
                if (!sources.TryGetValue(file, out SortedDictionary<int, long>? lines))
                {
                    sources.Add(file, lines = []);
                }

                lines[row.Line] = Math.Max(lines.GetValueOrDefault(row.Line), code.CountAt(module, row.Address));
            }
        }

        StringBuilder text = new();
        foreach ((string file, SortedDictionary<int, long> lines) in sources)
        {
            text.Append(CultureInfo.InvariantCulture, $"TN:\nSF:{file}\n");
            foreach ((int line, long count) in lines)
            {
                text.Append(CultureInfo.InvariantCulture, $"DA:{line},{count}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"LF:{lines.Count}\nLH:{lines.Count(line => line.Value > 0)}\nend_of_record\n");
        }

        stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
