using Guest.Machine.State;

namespace Guest.Machine.Devices.Pit;

/// <content>The state.</content>
internal sealed partial class PitChannel
{
    internal void Save(StateWriter writer)
    {
        writer.WriteBytes([(byte)_mode, (byte)_access, _writtenLow, _status, _latchedCount[0], _latchedCount[1]]);
        foreach (bool flag in (ReadOnlySpan<bool>)[_bcd, _gate, _loaded, _triggered, _hasNext, _writeHigh, _readHigh, _countLatched, _statusLatched])
        {
            writer.WriteBool(flag);
        }

        writer.WriteUInt32(_count);
        writer.WriteUInt32(_nextCount);
        writer.WriteInt64(_start);
        writer.WriteInt64(_nextStart);
        writer.WriteInt64(_paused);
    }

    internal void Restore(StateReader reader)
    {
        _mode = reader.ReadByte() % 6;
        _access = reader.ReadByte() & 3;
        _writtenLow = reader.ReadByte();
        _status = reader.ReadByte();
        reader.ReadBytes(_latchedCount);
        _bcd = reader.ReadBool();
        _gate = reader.ReadBool();
        _loaded = reader.ReadBool();
        _triggered = reader.ReadBool();
        _hasNext = reader.ReadBool();
        _writeHigh = reader.ReadBool();
        _readHigh = reader.ReadBool();
        _countLatched = reader.ReadBool();
        _statusLatched = reader.ReadBool();
        _count = Math.Clamp(reader.ReadUInt32(), 1, 0x10000);
        _nextCount = Math.Clamp(reader.ReadUInt32(), 1, 0x10000);
        _start = reader.ReadInt64();
        _nextStart = reader.ReadInt64();
        _paused = reader.ReadInt64();
    }
}
