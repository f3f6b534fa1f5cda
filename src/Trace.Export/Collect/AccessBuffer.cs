using Trace.Export.Tables;

namespace Trace.Export.Collect;

/// <summary>Collects accesses. Those of an instruction count once it is settled that they took place: an instruction that faults takes them back.</summary>
internal sealed class AccessBuffer(TableFile<AccessRow>? file)
{
    private readonly AccessRow[] _rows = new AccessRow[file is null ? 0 : 16_384];
    private int _count;
    private int _settled;
    private ulong _order = ulong.MaxValue;
    private uint _next;
    private uint _settledNext;

    /// <summary>Whether the table was asked for.</summary>
    public bool IsWanted => file is not null;

    /// <summary>The number of the next access of the instruction with that order.</summary>
    public uint NextSeq(ulong order)
    {
        if (order != _order)
        {
            (_order, _next, _settledNext) = (order, 0, 0);
        }

        return _next++;
    }

    /// <summary>Appends an access that is not settled yet.</summary>
    public void Add(in AccessRow row)
    {
        if (_count == _rows.Length)
        {
            MakeRoom();
        }

        _rows[_count++] = row;
    }

    /// <summary>All accesses so far took place.</summary>
    public void Settle()
    {
        _settled = _count;
        _settledNext = _next;
    }

    /// <summary>The accesses since <see cref="Settle"/> did not take place.</summary>
    public void TakeBack()
    {
        _count = _settled;
        _next = _settledNext;
    }

    /// <summary>Hands over what is settled.</summary>
    public void Flush()
    {
        if (file is null)
        {
            return;
        }

        file.Write(_rows.AsSpan(0, _settled));
        _rows.AsSpan(_settled, _count - _settled).CopyTo(_rows);
        _count -= _settled;
        _settled = 0;
    }

    // Only a repeated string instruction makes so many accesses; what it did before a fault took place.
    private void MakeRoom()
    {
        if (_settled == 0)
        {
            Settle();
        }

        Flush();
    }
}
