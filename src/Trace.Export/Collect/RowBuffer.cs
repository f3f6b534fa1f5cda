namespace Trace.Export.Collect;

/// <summary>Collects rows one at a time and hands them to their file in spans. Rows of a table that was not asked for are dropped.</summary>
internal sealed class RowBuffer<TRow>(TableFile<TRow>? file)
    where TRow : unmanaged
{
    private readonly TRow[] _rows = new TRow[file is null ? 0 : 4096];
    private int _count;

    /// <summary>Whether the table was asked for.</summary>
    public bool IsWanted => file is not null;

    /// <summary>Appends a row.</summary>
    public void Add(in TRow row)
    {
        if (file is null)
        {
            return;
        }

        if (_count == _rows.Length)
        {
            Flush();
        }

        _rows[_count++] = row;
    }

    /// <summary>Hands over what is collected.</summary>
    public void Flush()
    {
        file?.Write(_rows.AsSpan(0, _count));
        _count = 0;
    }
}
