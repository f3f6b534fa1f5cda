using System.Diagnostics;
using System.Globalization;
using Guest.Linux.Elf;

namespace Guest.Linux.Tests.Elf;

/// <summary>Line tables that a compiler has written, read by us and by binutils.</summary>
public sealed class LineTableTests
{
    private const string Program = """
        #include <stdio.h>
        static int twice(int x) { return x * 2; }
        static int some(int n)
        {
            int sum = 0;
            for (int i = 0; i < n; i++)
                if (i % 3)
                    sum += twice(i);
                else
                    sum -= i;
            return sum;
        }
        int main(int argc, char **argv)
        {
            printf("%d\n", some(argc * 37));
            return 0;
        }
        """;

    [Theory]
    [InlineData("-gdwarf-5")]
    [InlineData("-gdwarf-4")]
    [InlineData("-gdwarf-3")]
    [InlineData("-gdwarf-2 -gstrict-dwarf")]
    public void Every_row_names_the_line_that_addr2line_names(string options)
    {
        string folder = Directory.CreateTempSubdirectory("replaykit-lines-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "program.c"), Program);
            string program = Path.Combine(folder, "program");
            _ = Run("gcc", [.. options.Split(' '), "-gz=none", "-o", program, Path.Combine(folder, "program.c")]);
            LineTable table = new LineProgramReader(Section(program, ".debug_line"), Section(program, ".debug_line_str"), Section(program, ".debug_str")).Read();
            LineRow[] rows = [.. table.Rows.Where(row => table.Files[row.File].EndsWith("program.c", StringComparison.Ordinal)).GroupBy(row => row.Address).Select(group => group.Last())];
            Assert.True(rows.Select(row => row.Line).Distinct().Count() > 8, "hardly any lines");
            string[] said = Run("addr2line", ["-e", program, .. rows.Select(row => $"0x{row.Address:x}")]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            for (int i = 0; i < rows.Length; i++)
            {
                Assert.Equal($"program.c:{rows[i].Line.ToString(CultureInfo.InvariantCulture)}", Path.GetFileName(said[i].Split(' ')[0]));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_table_cut_or_changed_anywhere_is_read_without_harm()
    {
        string folder = Directory.CreateTempSubdirectory("replaykit-lines-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "program.c"), Program);
            string program = Path.Combine(folder, "program");
            _ = Run("gcc", ["-gdwarf-5", "-gz=none", "-o", program, Path.Combine(folder, "program.c")]);
            byte[] lines = Section(program, ".debug_line");
            byte[] texts = Section(program, ".debug_line_str");
            for (int at = 0; at < lines.Length; at++)
            {
                _ = new LineProgramReader(lines[..at], texts, []).Read();
                byte[] changed = [.. lines];
                changed[at] ^= 0xFF;
                _ = new LineProgramReader(changed, texts, []).Read();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Section(string program, string name)
    {
        string file = program + name;
        _ = Run("objcopy", ["-O", "binary", "--only-section", name, "--set-section-flags", name + "=alloc", program, file]);
        return File.ReadAllBytes(file);
    }

    private static string Run(string command, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
