namespace Replay.Engine.Debug.Gdb;

/// <summary>What a <see cref="PacketParser"/> finds in the bytes of the remote protocol.</summary>
public enum PacketKind
{
    /// <summary>Nothing yet: more bytes are needed.</summary>
    None,

    /// <summary>A whole packet with the right checksum.</summary>
    Packet,

    /// <summary>A packet with a wrong checksum, or one that is too long.</summary>
    Damaged,

    /// <summary>The interrupt byte, 03H: gdb's Ctrl-C.</summary>
    Interrupt,
}
