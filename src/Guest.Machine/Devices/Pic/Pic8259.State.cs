using Guest.Machine.State;

namespace Guest.Machine.Devices.Pic;

/// <content>The state.</content>
internal sealed partial class Pic8259
{
    internal void Save(StateWriter writer)
    {
        writer.WriteBytes([_latched, _masked, _inService, _lines, _levelTriggered, _vectorBase, _highestLine, (byte)_step]);
        writer.WriteBool(_needsIcw4);
        writer.WriteBool(_single);
        writer.WriteBool(_autoEoi);
        writer.WriteBool(_rotateOnAutoEoi);
        writer.WriteBool(_specialFullyNested);
        writer.WriteBool(_specialMask);
        writer.WriteBool(_readInService);
        writer.WriteBool(_poll);
    }

    internal void Restore(StateReader reader)
    {
        _latched = reader.ReadByte();
        _masked = reader.ReadByte();
        _inService = reader.ReadByte();
        _lines = reader.ReadByte();
        _levelTriggered = reader.ReadByte();
        _vectorBase = reader.ReadByte();
        _highestLine = (byte)(reader.ReadByte() & 7);
        _step = (InitStep)(reader.ReadByte() & 3);
        _needsIcw4 = reader.ReadBool();
        _single = reader.ReadBool();
        _autoEoi = reader.ReadBool();
        _rotateOnAutoEoi = reader.ReadBool();
        _specialFullyNested = reader.ReadBool();
        _specialMask = reader.ReadBool();
        _readInService = reader.ReadBool();
        _poll = reader.ReadBool();
    }
}
