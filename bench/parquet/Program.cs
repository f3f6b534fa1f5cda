using System.Diagnostics;
using System.Globalization;
using Guest.Machine;
using Parquet.Bench;
using Trace.Export;
using Trace.Export.Parquet;
using Trace.Export.Tables;

// Parquet.Bench FOLDER ROWS PAIRS: writes the tables instructions and accesses again and again, and prints a line of JSON per file.
string folder = args[0];
int rows = int.Parse(args[1], CultureInfo.InvariantCulture);
int repeats = int.Parse(args[2], CultureInfo.InvariantCulture);
ParquetFormat format = new(new ParquetOptions());
TraceMetadata metadata = new("bench", new Position(0, 0), new Position(0, (ulong)rows));
(InstructionRow[] instructions, AccessRow[] accesses) = new SyntheticTrace("/usr/bin/bash").Walk(rows);
for (int i = 0; i < repeats; i++)
{
    Measure("instructions", new InstructionTable(), instructions);
    Measure("accesses", new AccessTable(), accesses);
}

void Measure<TRow>(string name, ITable<TRow> table, ReadOnlySpan<TRow> all)
    where TRow : unmanaged
{
    TimeSpan cpu = Environment.CpuUsage.TotalTime;
    long start = Stopwatch.GetTimestamp();
    using TableFile<TRow> file = new(folder, table, format, metadata);
    for (ReadOnlySpan<TRow> left = all; !left.IsEmpty; left = left[Math.Min(4096, left.Length)..])
    {
        file.Write(left[..Math.Min(4096, left.Length)]);
    }

    file.Complete();
    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    double cpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{{\"writer\":\"replaykit\",\"table\":\"{name}\",\"rows\":{all.Length},\"seconds\":{seconds:F3},\"cpu\":{cpuSeconds:F3},\"bytes\":{new FileInfo(file.Path).Length}}}"));
}
