using Guest.Machine.State;

namespace Guest.Machine.Devices.Apic;

/// <content>The state: saving it, restoring it, and what it is at the start.</content>
public sealed partial class LocalApic
{
    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt64(_baseMsr);
        writer.WriteUInt32(_taskPriority);
        writer.WriteUInt32(_logicalId);
        writer.WriteUInt32(_destinationFormat);
        writer.WriteUInt32(_spurious);
        writer.WriteUInt32(_errors);
        writer.WriteUInt32(_errorStatus);
        writer.WriteUInt64(_interruptCommand);
        writer.WriteBool(_lint0);
        writer.WriteBool(_nmi);
        foreach (uint entry in _lvt)
        {
            writer.WriteUInt32(entry);
        }

        _requested.Save(writer);
        _inService.Save(writer);
        _levelTriggered.Save(writer);
        Timer.Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        _baseMsr = reader.ReadUInt64();
        _taskPriority = reader.ReadUInt32();
        _logicalId = reader.ReadUInt32();
        _destinationFormat = reader.ReadUInt32();
        _spurious = reader.ReadUInt32();
        _errors = reader.ReadUInt32();
        _errorStatus = reader.ReadUInt32();
        _interruptCommand = reader.ReadUInt64();
        _lint0 = reader.ReadBool();
        _nmi = reader.ReadBool();
        for (int i = 0; i < _lvt.Length; i++)
        {
            _lvt[i] = reader.ReadUInt32();
        }

        _requested.Restore(reader);
        _inService.Restore(reader);
        _levelTriggered.Restore(reader);
        Timer.Restore(reader);
        Update();
    }

    private void Reset()
    {
        _requested.Clear();
        _inService.Clear();
        _levelTriggered.Clear();
        Array.Fill(_lvt, LvtMasked);
        _taskPriority = 0;
        _logicalId = 0;
        _destinationFormat = 0xFFFF_FFFF;
        _spurious = 0xFF;
        _errors = 0;
        _errorStatus = 0;
        _interruptCommand = 0;
        _nmi = false;
        Timer.Reset();
        Update();
    }

    // What firmware leaves behind on the bootstrap processor (MultiProcessor Specification 1.4, 3.6.2.2).
    private void EnterVirtualWireMode()
    {
        _spurious |= SpuriousEnabled;
        _lvt[LvtLint0] = (uint)DeliveryMode.ExtInt << 8;
        _lvt[LvtLint1] = (uint)DeliveryMode.Nmi << 8;
    }
}
