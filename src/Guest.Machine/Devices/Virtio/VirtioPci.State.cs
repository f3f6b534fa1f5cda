using Guest.Machine.State;

namespace Guest.Machine.Devices.Virtio;

/// <content>Saving and restoring.</content>
public sealed partial class VirtioPci
{
    /// <inheritdoc/>
    public override void Save(StateWriter writer)
    {
        base.Save(writer);
        _messages.Save(writer);
        writer.WriteByte((byte)Status);
        writer.WriteByte(_interrupts);
        writer.WriteUInt32(_deviceFeatureSelect);
        writer.WriteUInt32(_driverFeatureSelect);
        writer.WriteUInt64(_driverFeatures);
        writer.WriteUInt16(_configurationVector);
        writer.WriteByte(_generation);
        writer.WriteUInt16(_queueSelect);
        foreach (VirtQueue queue in Queues)
        {
            queue.Save(writer);
        }

        _device.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(StateReader reader)
    {
        base.Restore(reader);
        _messages.Restore(reader, MessageControl);
        Status = (VirtioStatus)reader.ReadByte();
        _interrupts = reader.ReadByte();
        _deviceFeatureSelect = reader.ReadUInt32();
        _driverFeatureSelect = reader.ReadUInt32();
        _driverFeatures = reader.ReadUInt64();
        _configurationVector = reader.ReadUInt16();
        if (_configurationVector != NoVector && _configurationVector >= _messages.Count)
        {
            throw reader.Damaged($"{Name} has no vector {_configurationVector}");
        }

        _generation = reader.ReadByte();
        _queueSelect = reader.ReadUInt16();
        foreach (VirtQueue queue in Queues)
        {
            queue.Restore(reader);
        }

        _device.Restore(reader);
    }
}
