using System.Text.Json;
using Guest.Machine;
using Replay.Engine;
using Trace.Export.Collect;
using Trace.Export.Parquet;

namespace Trace.Export.Tests;

[Collection(ParquetReadersCollection.Name)]
public sealed class RecordedTraceTests(ParquetReaders readers) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("trace-");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void The_trace_of_a_recording_is_dense_continuous_and_agrees_with_itself()
    {
        using TinyRecording recording = new("lines=3 rounds=2000");
        Position from = new(0, 1000);
        Export(recording, from, null);
        JsonElement dense = Query("""
            SELECT count(*) AS n, min("order") AS first, max("order") AS last, count(DISTINCT "order") AS distinct_orders,
                count(*) FILTER (WHERE "order" = retired) AS same FROM 'instructions.parquet'
            """);
        ulong expected = recording.Instructions - from.Retired;
        Assert.Equal([expected, from.Retired, recording.Instructions - 1, expected, expected], dense.EnumerateObject().Select(field => ulong.Parse(field.Value.ToString())));

        // Where no jump and no event lies between two instructions, the second starts where the first ends.
        Assert.Equal("0", Query("""
            WITH i AS (SELECT *, lead(pc) OVER (ORDER BY "order") AS next FROM 'instructions.parquet'),
                 j AS (SELECT i.*, octet_length(c.bytes) AS length FROM i ASOF JOIN 'code.parquet' c ON i.pc = c.pc AND i.asid = c.asid AND i."order" >= c."order")
            SELECT count(*) AS n FROM j WHERE next <> pc + length AND kind NOT IN ('branch', 'jump', 'call', 'ret', 'sysret', 'syscall')
                AND ("order" + 1) NOT IN (SELECT "order" FROM 'events.parquet')
            """).GetProperty("n").ToString());

        // Every load and store has its access, and nothing accesses memory that ran no instruction or event.
        Assert.Equal("0", Query("""
            SELECT count(*) AS n FROM 'instructions.parquet' i
            WHERE kind IN ('load', 'store', 'update', 'call', 'ret') AND "order" NOT IN (SELECT "order" FROM 'accesses.parquet')
            """).GetProperty("n").ToString());

        // The timer's interrupts are there, and each ends by an IRET.
        JsonElement interrupts = Query("""
            SELECT (SELECT count(*) FROM 'events.parquet' WHERE kind = 'interrupt' AND vector = 64) AS taken,
                   (SELECT count(*) FROM 'instructions.parquet' WHERE opcode = 'iretq') AS returned
            """);
        Assert.NotEqual("0", interrupts.GetProperty("taken").ToString());
        Assert.Equal(interrupts.GetProperty("taken").ToString(), interrupts.GetProperty("returned").ToString());
    }

    [Fact]
    public void What_is_read_is_what_was_written_last()
    {
        using TinyRecording recording = new("lines=2 rounds=1000");
        Export(recording, new Position(0, 0), null);
        // For 8-byte accesses at 8-byte boundaries that no other access overlaps: each read has the value of the access before it.
        JsonElement counts = Query("""
            WITH a AS (SELECT *, lag(value) OVER (PARTITION BY paddr ORDER BY "order", seq) AS before FROM 'accesses.parquet'
                    WHERE paddr < 67108864 AND paddr // 8 NOT IN (SELECT paddr // 8 FROM 'accesses.parquet' WHERE size <> 8 OR paddr % 8 <> 0))
            SELECT count(*) FILTER (WHERE rw = 'r' AND before IS NOT NULL) AS compared, count(*) FILTER (WHERE rw = 'r' AND before <> value) AS wrong FROM a
            """);
        Assert.NotEqual("0", counts.GetProperty("compared").ToString());
        Assert.Equal("0", counts.GetProperty("wrong").ToString());
    }

    [Fact]
    public void A_window_is_a_piece_of_the_whole()
    {
        using TinyRecording recording = new("lines=2 rounds=500");
        Export(recording, new Position(0, 0), null);
        string whole = Path.Combine(_folder.FullName, "whole");
        Directory.CreateDirectory(whole);
        foreach (FileInfo file in _folder.GetFiles())
        {
            file.MoveTo(Path.Combine(whole, file.Name));
        }

        Export(recording, new Position(0, 777), new Position(0, 5_000));
        foreach (string table in new[] { "instructions", "accesses", "events" })
        {
            Assert.Equal("0", Query($"""
                SELECT count(*) AS n FROM ((FROM '{table}.parquet' EXCEPT ALL FROM 'whole/{table}.parquet') UNION ALL
                    (FROM 'whole/{table}.parquet' WHERE "order" BETWEEN 777 AND 4999 EXCEPT ALL FROM '{table}.parquet'))
                """).GetProperty("n").ToString());
        }
    }

    [Fact]
    public void Every_reader_reads_the_same_tables()
    {
        using TinyRecording recording = new("lines=2 rounds=500");
        Export(recording, new Position(0, 0), null);
        foreach ((string table, int columns) in new[] { ("instructions", 8), ("accesses", 9), ("events", 11), ("code", 5) })
        {
            string file = Path.Combine(_folder.FullName, table + ".parquet");
            byte[][] first = readers.Dump(ParquetReaders.Names[0], file, columns);
            Assert.All(first, column => Assert.NotEmpty(column));
            Assert.All(ParquetReaders.Names[1..], reader => Assert.Equal(first, readers.Dump(reader, file, columns)));
        }
    }

    private void Export(TinyRecording recording, Position from, Position? to)
    {
        using Replayer replayer = new(recording.Open(), recording);
        TraceMetadata metadata = new("tiny", from, to ?? new Position(0, recording.Instructions));
        using TraceFiles files = new(_folder.FullName, TraceFiles.TableNames, new ParquetFormat(new ParquetOptions { PageRows = 4096 }), metadata);
        TraceExport.Run(replayer, files, from, to);
    }

    private JsonElement Query(string sql) =>
        readers.Query($"SET file_search_path = '{_folder.FullName}'; {sql}")[0];
}
