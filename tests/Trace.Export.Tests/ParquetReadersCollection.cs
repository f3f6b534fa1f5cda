namespace Trace.Export.Tests;

/// <summary>Tests that read files with <see cref="ParquetReaders"/>, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ParquetReadersCollection : ICollectionFixture<ParquetReaders>
{
    public const string Name = "Parquet readers";
}
