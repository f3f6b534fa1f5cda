using Trace.Export.Parquet;
using Trace.Export.Schema;

namespace Trace.Export.Tests;

[Collection(ParquetReadersCollection.Name)]
public sealed class ParquetRoundTripTests(ParquetReaders readers)
{
    private static readonly int[] Sizes = [0, 1, 2, 33, 128, 129, 500, 501];

    public static TheoryData<string, ParquetCodec> ReadersAndCodecs => Pairs(Enum.GetValues<ParquetCodec>());

    public static TheoryData<string, int> ReadersAndRows => Pairs(Sizes);

    [Theory]
    [MemberData(nameof(ReadersAndCodecs))]
    public void Every_type_in_every_encoding_reads_back_exactly(string reader, ParquetCodec codec)
    {
        int seed = Random.Shared.Next();
        using SampleTable table = SampleTable.OfEverything(7_321, new Random(seed), reader)
            .Write(new ParquetOptions { Codec = codec, PageRows = 500, RowGroupPages = 3 });
        AssertReadsBack(reader, table, seed);
    }

    [Theory]
    [MemberData(nameof(ReadersAndRows))]
    public void A_table_of_any_size_reads_back_exactly(string reader, int rows)
    {
        int seed = Random.Shared.Next();
        using SampleTable table = SampleTable.OfEverything(rows, new Random(seed), reader).Write(new ParquetOptions { PageRows = 250, RowGroupPages = 2 });
        AssertReadsBack(reader, table, seed);
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("hyparquet")]
    [InlineData("parquet-wasm")]
    public void A_column_with_more_distinct_values_than_a_dictionary_holds_goes_on_without_it(string reader)
    {
        ulong[] words = [.. Enumerable.Range(0, 90_000).Select(i => (ulong)i * 0x1_0001)];
        ColumnSchema[] schemas = [.. Enum.GetValues<ColumnEncoding>().Where(encoding => encoding != ColumnEncoding.RunLength && SampleTable.Knows(reader, encoding))
            .Select(encoding => new ColumnSchema($"{encoding}", ColumnType.UInt64, encoding))];
        using SampleTable table = new SampleTable([.. schemas.Select(schema => new SampleColumn(schema, words, []))])
            .Write(new ParquetOptions { PageRows = 20_000, RowGroupPages = 5 });
        AssertReadsBack(reader, table, 0);
        string[] pages = [.. readers.Query($"SELECT encodings FROM parquet_metadata('{table.File}') WHERE path_in_schema = 'Dictionary'")
            .EnumerateArray().Select(row => row.GetProperty("encodings").ToString())];
        Assert.Contains("RLE_DICTIONARY", Assert.Single(pages), StringComparison.Ordinal);
        Assert.Contains("PLAIN", pages[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("hyparquet")]
    [InlineData("parquet-wasm")]
    public void Addresses_chosen_to_meet_in_one_slot_of_the_dictionary_read_back_exactly(string reader)
    {
        // The slot is made of the low 17 bits plus a mix of the others: these differ in the mix by multiples of the table's size.
        ulong[] words = [.. Enumerable.Range(0, 5_000).Select(i => unchecked((ulong)i << 57))];
        words = [.. words, .. Enumerable.Range(0, 5_000).Select(i => (ulong)i << 40)];
        using SampleTable table = new SampleTable([new SampleColumn(new ColumnSchema("a", ColumnType.UInt64, ColumnEncoding.Dictionary), words, [])])
            .Write(new ParquetOptions { PageRows = 1_000, RowGroupPages = 100 });
        AssertReadsBack(reader, table, 0);
    }

    private void AssertReadsBack(string reader, SampleTable table, int seed)
    {
        byte[][] columns = readers.Dump(reader, table.File, table.Columns.Count);
        for (int i = 0; i < columns.Length; i++)
        {
            int difference = columns[i].AsSpan().CommonPrefixLength(table.Columns[i].Dumped());
            bool equal = columns[i].AsSpan().SequenceEqual(table.Columns[i].Dumped());
            Assert.True(equal, $"seed {seed}: {reader} reads column {table.Columns[i].Schema.Name} differently from byte {difference} on");
        }
    }

    private static TheoryData<string, T> Pairs<T>(T[] values)
    {
        TheoryData<string, T> pairs = [];
        foreach (string reader in ParquetReaders.Names)
        {
            foreach (T value in values)
            {
                pairs.Add(reader, value);
            }
        }

        return pairs;
    }
}
