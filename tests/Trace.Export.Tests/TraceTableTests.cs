using System.Globalization;
using System.Text.Json;
using Guest.Machine;
using Iced.Intel;
using Trace.Export.Csv;
using Trace.Export.Parquet;
using Trace.Export.Tables;

namespace Trace.Export.Tests;

[Collection(ParquetReadersCollection.Name)]
public sealed class TraceTableTests(ParquetReaders readers) : IDisposable
{
    private const int Count = 50_000;
    private static readonly TraceMetadata Metadata = new("c0ffee", new Position(0, 0x1000), new Position(0, 0x1000 + Count));
    private static readonly Code[] Codes = [Code.Mov_r64_rm64, Code.Add_rm32_r32, Code.Retnq];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("trace-tables-");
    private readonly int _seed = Random.Shared.Next();

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Instructions_arrive_with_every_field_in_its_column()
    {
        Random random = new(_seed);
        InstructionRow[] rows = [.. Enumerable.Range(0, Count).Select(i => new InstructionRow(
            (ulong)i, 0x1000 + (ulong)i, new GuestVirtual(Wide(random)), new GuestPhysical(Wide(random) >> 52 << 12), Codes[random.Next(Codes.Length)],
            (ushort)random.Next(4), (byte)(random.Next(2) * 3), (InstructionKind)random.Next(Enum.GetValues<InstructionKind>().Length)))];
        string file = WriteParquet(new InstructionTable(), rows);
        JsonElement row = readers.Query($"""
            SELECT count(*) AS n, sum("order")::VARCHAR AS o, sum(vcpu)::VARCHAR AS v, sum(retired)::VARCHAR AS r, sum(pc::HUGEINT)::VARCHAR AS p,
                sum(asid::HUGEINT)::VARCHAR AS a, sum(ring)::VARCHAR AS g, max(pc)::VARCHAR AS top, min(pc)::VARCHAR AS bottom,
                count(*) FILTER (opcode = 'mov') AS movs, count(*) FILTER (opcode = 'ret' AND kind = 'sysret') AS rets
            FROM '{file}'
            """)[0];
        Assert.Equal(
            [Count.ToString(CultureInfo.InvariantCulture), Sum(rows, x => x.Order), Sum(rows, x => x.Vcpu), Sum(rows, x => x.Retired), Sum(rows, x => x.Pc.Value), Sum(rows, x => x.Asid.Value),
                Sum(rows, x => x.Ring), $"{rows.Max(x => x.Pc.Value)}", $"{rows.Min(x => x.Pc.Value)}", $"{rows.Count(x => x.Code == Code.Mov_r64_rm64)}",
                $"{rows.Count(x => x.Code == Code.Retnq && x.Kind == InstructionKind.Sysret)}"],
            row.EnumerateObject().Select(field => field.Value.ToString()));
    }

    [Fact]
    public void Accesses_arrive_with_every_field_in_its_column()
    {
        Random random = new(_seed);
        AccessRow[] rows = [.. Enumerable.Range(0, Count).Select(i => new AccessRow(
            (ulong)i / 3, 7 + ((ulong)i / 3), new GuestVirtual(Wide(random)), new GuestPhysical(Wide(random) >> 20), Wide(random), (uint)i % 3, 1,
            (byte)(1 << random.Next(4)), (AccessDirection)random.Next(2)))];
        string file = WriteParquet(new AccessTable(), rows);
        JsonElement row = readers.Query($"""
            SELECT sum("order")::VARCHAR, sum(vcpu)::VARCHAR, sum(retired)::VARCHAR, sum(seq)::VARCHAR, sum(vaddr::HUGEINT)::VARCHAR, sum(paddr::HUGEINT)::VARCHAR, sum(size)::VARCHAR,
                count(*) FILTER (rw = 'w')::VARCHAR, count(*) FILTER (rw = 'r')::VARCHAR, sum(value::HUGEINT)::VARCHAR
            FROM '{file}'
            """)[0];
        Assert.Equal(
            [Sum(rows, x => x.Order), Sum(rows, x => x.Vcpu), Sum(rows, x => x.Retired), Sum(rows, x => x.Seq), Sum(rows, x => x.Vaddr.Value), Sum(rows, x => x.Paddr.Value), Sum(rows, x => x.Size),
                $"{rows.Count(x => x.Direction == AccessDirection.Write)}", $"{rows.Count(x => x.Direction == AccessDirection.Read)}", Sum(rows, x => x.Value)],
            row.EnumerateObject().Select(field => field.Value.ToString()));
    }

    [Fact]
    public void Events_and_code_are_the_same_rows_in_Parquet_and_in_CSV()
    {
        Random random = new(_seed);
        EventRow[] events = [.. Enumerable.Range(0, 5_000).Select(i => new EventRow(
            (ulong)i, (ulong)i, new GuestVirtual(Wide(random)), new GuestPhysical(4096), random.Next(-1, 20), Wide(random), (short)random.Next(-1, 256), 0,
            (EventKind)random.Next(Enum.GetValues<EventKind>().Length), 3, 0))];
        CodeRow[] code = [.. Enumerable.Range(0, 5_000).Select(i => new CodeRow(
            (ulong)i, new GuestVirtual(Wide(random)), new GuestPhysical(8192), new InstructionBytes(Bytes(random)), Codes[i % Codes.Length]))];
        Assert.Equal(0, Differences(WriteParquet(new EventTable(), events), WriteCsv(new EventTable(), events), "*"));
        Assert.Equal(0, Differences(WriteParquet(new CodeTable(), code), WriteCsv(new CodeTable(), code), "* REPLACE (lower(hex(bytes)) AS bytes)"));
        Assert.Equal($"{events.Count(x => x.Kind == EventKind.Cr3Write && x.Vector == -1)}", readers.Query(
            $"SELECT count(*) AS n FROM '{Path.Combine(_folder.FullName, "events.parquet")}' WHERE kind = 'cr3_write' AND vector = -1")[0].GetProperty("n").ToString());
    }

    [Fact]
    public void A_file_names_its_recording_window_and_schema_version()
    {
        string file = WriteParquet(new InstructionTable(), []);
        string[] pairs = [.. readers.Query($"SELECT decode(key) AS k, decode(value) AS v FROM parquet_kv_metadata('{file}')")
            .EnumerateArray().Select(row => $"{row.GetProperty("k")}={row.GetProperty("v")}")];
        Assert.Equal(
            ["replaykit.recording=c0ffee", "replaykit.schema_version=1", "replaykit.table=instructions", "replaykit.from=0:1000", "replaykit.to=0:d350"], pairs);
        Assert.Equal("0", readers.Query($"SELECT count(*) AS n FROM '{file}'")[0].GetProperty("n").ToString());
    }

    [Fact]
    public void A_file_that_was_not_completed_is_not_there()
    {
        using (TableFile<InstructionRow> file = new(_folder.FullName, new InstructionTable(), new ParquetFormat(new ParquetOptions()), Metadata))
        {
            file.Write(new InstructionRow[10]);
            Assert.Single(_folder.GetFiles("*.partial"));
        }

        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public void A_full_disk_is_an_error_that_leaves_no_file()
    {
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "instructions.parquet.partial"), "/dev/full");
        using (TableFile<InstructionRow> file = new(_folder.FullName, new InstructionTable(), new ParquetFormat(new ParquetOptions()), Metadata))
        {
            file.Write(new InstructionRow[10]);
            Assert.Contains("No space left", Assert.Throws<IOException>(file.Complete).Message, StringComparison.Ordinal);
        }

        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public void Every_column_and_every_name_is_described_in_the_documentation()
    {
        string docs = File.ReadAllText(Path.Combine(ParquetReaders.CheckoutFolder, "docs", "tables.md"));
        foreach (Schema.TableSchema schema in new[] { new InstructionTable().Schema, new AccessTable().Schema, new EventTable().Schema, new CodeTable().Schema })
        {
            Assert.Contains(string.Join(", ", schema.Columns.Select(column => $"`{column.Name}`")), docs, StringComparison.Ordinal);
            foreach (Schema.ColumnSchema column in schema.Columns)
            {
                Assert.Contains($"`{column.Name}`", docs.Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Split('|')[1]).SelectMany(cell => cell.Split(", ")).Select(cell => cell.Trim()));
            }
        }
    }

    private static byte[] Bytes(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 16)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static ulong Wide(Random random) => (ulong)random.NextInt64(long.MinValue, long.MaxValue);

    private static string Sum<TRow>(TRow[] rows, Func<TRow, ulong> field) =>
        rows.Aggregate(UInt128.Zero, (sum, row) => sum + field(row)).ToString(CultureInfo.InvariantCulture);

    private int Differences(string parquet, string csv, string columns) => readers.Query($"""
        SELECT count(*) AS n FROM (
            (SELECT COLUMNS(*)::VARCHAR FROM (SELECT {columns} FROM '{parquet}') EXCEPT ALL SELECT * FROM read_csv('{csv}', all_varchar = true))
            UNION ALL
            (SELECT * FROM read_csv('{csv}', all_varchar = true) EXCEPT ALL SELECT COLUMNS(*)::VARCHAR FROM (SELECT {columns} FROM '{parquet}')))
        """)[0].GetProperty("n").Number();

    private string WriteParquet<TRow>(ITable<TRow> table, TRow[] rows)
        where TRow : unmanaged => Write(table, rows, new ParquetFormat(new ParquetOptions { PageRows = 4096, RowGroupPages = 4 }));

    private string WriteCsv<TRow>(ITable<TRow> table, TRow[] rows)
        where TRow : unmanaged => Write(table, rows, new CsvFormat());

    private string Write<TRow>(ITable<TRow> table, TRow[] rows, ITableFormat format)
        where TRow : unmanaged
    {
        using TableFile<TRow> file = new(_folder.FullName, table, format, Metadata);
        for (int at = 0; at < rows.Length; at += 777)
        {
            file.Write(rows.AsSpan(at, Math.Min(777, rows.Length - at)));
        }

        file.Complete();
        Assert.Equal(rows.Length, file.Rows);
        return file.Path;
    }
}
