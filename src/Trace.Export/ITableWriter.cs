using Trace.Export.Schema;

namespace Trace.Export;

/// <summary>A table that is being written.</summary>
public interface ITableWriter
{
    /// <summary>Rows of the batches that the format likes best.</summary>
    int BatchRows { get; }

    /// <summary>Appends the rows of a batch; the batch is the caller's again afterwards.</summary>
    /// <param name="batch">At most <see cref="BatchRows"/> rows.</param>
    void Write(ColumnBatch batch);

    /// <summary>Ends the table. Without this call the file is not a valid one. Nothing may be written afterwards.</summary>
    void Complete();
}
