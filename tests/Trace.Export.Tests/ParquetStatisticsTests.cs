using System.Globalization;
using System.Text;
using System.Text.Json;
using Trace.Export.Parquet;
using Trace.Export.Schema;

namespace Trace.Export.Tests;

[Collection(ParquetReadersCollection.Name)]
public sealed class ParquetStatisticsTests(ParquetReaders readers)
{
    private static readonly ParquetOptions Options = new() { PageRows = 400, RowGroupPages = 3 };
    private const int Rows = 3_001;

    [Fact]
    public void Every_column_chunk_says_its_least_and_greatest_value_and_no_nulls()
    {
        (SampleTable table, int seed) = Sample();
        using SampleTable _ = table;
        JsonElement rows = readers.Query($"""
            SELECT row_group_id, column_id, row_group_num_rows, stats_min_value, stats_max_value, stats_null_count
            FROM parquet_metadata('{table.File}') ORDER BY row_group_id, column_id
            """);
        Assert.Equal(3 * table.Columns.Count, rows.GetArrayLength());
        foreach (JsonElement row in rows.EnumerateArray())
        {
            int group = row.GetProperty("row_group_id").Number();
            SampleColumn column = table.Columns[row.GetProperty("column_id").Number()];
            int start = group * 1200;
            int count = Math.Min(1200, Rows - start);
            Assert.Equal(count, row.GetProperty("row_group_num_rows").Number());
            Assert.Equal(0, row.GetProperty("stats_null_count").Number());
            if (column.Schema.Type == ColumnType.Bytes)
            {
                continue;
            }

            (string least, string greatest) = Extremes(column, start, count);
            Assert.True(least == row.GetProperty("stats_min_value").GetString(), $"seed {seed}, {column.Schema.Name}, group {group}: least");
            Assert.True(greatest == row.GetProperty("stats_max_value").GetString(), $"seed {seed}, {column.Schema.Name}, group {group}: greatest");
        }
    }

    [Fact]
    public void The_page_index_says_where_each_page_is_and_what_its_extremes_are()
    {
        (SampleTable table, int seed) = Sample();
        using SampleTable _ = table;
        JsonElement groups = readers.Pages(table.File);
        Assert.Equal(3, groups.GetArrayLength());
        for (int group = 0; group < 3; group++)
        {
            for (int column = 0; column < table.Columns.Count; column++)
            {
                JsonElement pages = groups[group][column];
                int rows = Math.Min(1200, Rows - (group * 1200));
                Assert.Equal((rows + 399) / 400, pages.GetArrayLength());
                for (int page = 0; page < pages.GetArrayLength(); page++)
                {
                    AssertPage(pages[page], table.Columns[column], group * 1200, page * 400, Math.Min(400, rows - (page * 400)), seed);
                }
            }
        }
    }

    [Fact]
    public void Skipping_by_statistics_loses_no_row()
    {
        (SampleTable table, int seed) = Sample();
        using SampleTable _ = table;
        Random random = new(seed);
        List<string> counts = [];
        List<int> expected = [];
        foreach (SampleColumn column in table.Columns.Where(column => column.Schema.Type is not (ColumnType.Bytes or ColumnType.Boolean)))
        {
            ulong pivot = column.Words[random.Next(Rows)];
            string literal = column.Schema.Type == ColumnType.Symbol ? $"'{column.Schema.Symbols!.Text((int)pivot)}'" : Number(column, pivot);
            expected.Add(column.Words.Count(word => word == pivot));
            counts.Add($"(SELECT count(*) FROM '{table.File}' WHERE \"{column.Schema.Name}\" = {literal})");
            expected.Add(column.Words.Count(word => column.Schema.IsSigned ? (long)word > (long)pivot : word > pivot));
            counts.Add($"(SELECT count(*) FROM '{table.File}' WHERE \"{column.Schema.Name}\" > {literal})");
        }

        JsonElement row = readers.Query($"SELECT [{string.Join(", ", counts)}] AS counts")[0].GetProperty("counts");
        Assert.Equal(expected, row.EnumerateArray().Select(count => count.Number()));
    }

    [Fact]
    public void The_types_of_the_columns_are_those_of_the_schema()
    {
        using SampleTable table = SampleTable.OfEverything(10, new Random(1), "duckdb").Write(Options);
        string[] types = [.. readers.Query($"DESCRIBE SELECT * FROM '{table.File}'").EnumerateArray().Select(row => row.GetProperty("column_type").GetString()!)];
        Assert.Equal(table.Columns.Select(column => DuckDBName(column.Schema.Type)), types);
    }

    [Fact]
    public void A_column_that_is_said_to_ascend_is_declared_sorted_only_where_it_does()
    {
        ColumnSchema schema = new("a", ColumnType.UInt64, ColumnEncoding.Delta) { Ascending = true };
        ulong[] words = [.. Enumerable.Range(0, 300).Select(i => (ulong)(i == 150 ? 5 : i))];
        using SampleTable table = new SampleTable([new SampleColumn(schema, words, [])]).Write(new ParquetOptions { PageRows = 20, RowGroupPages = 5 });
        JsonElement pages = readers.Pages(table.File);
        Assert.Equal(["ASCENDING", "UNORDERED", "ASCENDING"], Enumerable.Range(0, 3).Select(group => pages[group][0][0].GetProperty("order").GetString()));
    }

    private static (SampleTable Table, int Seed) Sample()
    {
        int seed = Random.Shared.Next();
        return (SampleTable.OfEverything(Rows, new Random(seed), "duckdb").Write(Options), seed);
    }

    private static void AssertPage(JsonElement page, SampleColumn column, int groupStart, int firstRow, int rows, int seed)
    {
        Assert.Equal(firstRow, page.GetProperty("firstRow").Number());
        Assert.Equal(0, page.GetProperty("nulls").Number());
        Assert.False(page.GetProperty("isNull").GetBoolean());
        if (column.Schema.Type != ColumnType.Bytes)
        {
            (string least, string greatest) = Extremes(column, groupStart + firstRow, rows);
            Assert.True(least.Equals(page.GetProperty("min").ToString(), StringComparison.OrdinalIgnoreCase), $"seed {seed}, {column.Schema.Name}, row {groupStart + firstRow}: least");
            Assert.True(greatest.Equals(page.GetProperty("max").ToString(), StringComparison.OrdinalIgnoreCase), $"seed {seed}, {column.Schema.Name}, row {groupStart + firstRow}: greatest");
        }
    }

    private static (string Least, string Greatest) Extremes(SampleColumn column, int start, int count)
    {
        ArraySegment<ulong> words = new(column.Words, start, count);
        if (column.Schema.Type == ColumnType.Symbol)
        {
            // In the order of UTF-8 bytes.
            string[] texts = [.. words.Select(word => column.Schema.Symbols!.Text((int)word))
                .OrderBy(text => Convert.ToHexString(Encoding.UTF8.GetBytes(text)), StringComparer.Ordinal)];
            return (texts[0], texts[^1]);
        }

        return column.Schema.IsSigned
            ? (Number(column, (ulong)words.Min(word => (long)word)), Number(column, (ulong)words.Max(word => (long)word)))
            : (Number(column, words.Min()), Number(column, words.Max()));
    }

    private static string Number(SampleColumn column, ulong word) => column.Schema.Type == ColumnType.Boolean
        ? (word == 1 ? "true" : "false")
        : column.Schema.IsSigned ? ((long)word).ToString(CultureInfo.InvariantCulture) : word.ToString(CultureInfo.InvariantCulture);

    private static string DuckDBName(ColumnType type) => type switch
    {
        ColumnType.Boolean => "BOOLEAN",
        ColumnType.UInt8 => "UTINYINT",
        ColumnType.UInt16 => "USMALLINT",
        ColumnType.UInt32 => "UINTEGER",
        ColumnType.UInt64 => "UBIGINT",
        ColumnType.Int8 => "TINYINT",
        ColumnType.Int16 => "SMALLINT",
        ColumnType.Int32 => "INTEGER",
        ColumnType.Int64 => "BIGINT",
        ColumnType.Symbol => "VARCHAR",
        _ => "BLOB",
    };
}
