using System.Buffers.Binary;
using Guest.Machine.Board;
using Guest.Machine.Devices.Network;
using Guest.Machine.Devices.Virtio;

namespace Trace.Export.Pcap;

/// <summary>Writes the frames that pass a machine's network devices as a pcap file (draft-ietf-opsawg-pcap) with nanoseconds.</summary>
/// <remarks>
/// The time of a frame is the machine's own, since its start: so a recording and each of its replays give the same bytes. A stream that fails stops the
/// writing and not the machine; whoever closes it is told.
/// </remarks>
public sealed class PcapWriter : IFrameObserver
{
    private const uint NanosecondMagic = 0xA1B2_3C4D;
    private const ushort Major = 2;
    private const ushort Minor = 4;
    private const uint LongestFrame = 1 << 18;
    private const uint Ethernet = 1;
    private const int FileHeaderBytes = 24;
    private const int FrameHeaderBytes = 16;

    private readonly Stream _output;
    private VirtualMachine? _machine;

    /// <summary>Begins a file.</summary>
    /// <param name="output">Where it goes; the caller's to close.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public PcapWriter(Stream output)
    {
        _output = output;
        Span<byte> header = stackalloc byte[FileHeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, NanosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Major);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], Minor);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], LongestFrame);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], Ethernet);
        _output.Write(header);
    }

    /// <summary>Why no more was written; null where everything was.</summary>
    public IOException? Failure { get; private set; }

    /// <summary>Watches all network devices of a machine from here on.</summary>
    public void Watch(VirtualMachine machine)
    {
        _machine = machine;
        foreach (VirtioPci function in machine.Board.PciFunctions.OfType<VirtioPci>())
        {
            if (function.Device is NetworkDevice network)
            {
                network.Observer = this;
            }
        }
    }

    /// <inheritdoc/>
    public void Sent(int slot, ReadOnlySpan<byte> frame) => Write(frame);

    /// <inheritdoc/>
    public void Received(int slot, ReadOnlySpan<byte> frame) => Write(frame);

    private void Write(ReadOnlySpan<byte> frame)
    {
        if (Failure is not null || _machine is null)
        {
            return;
        }

        (ulong seconds, ulong ticks) = Math.DivRem(_machine.Clock.Now, _machine.Description.TscHz);
        Span<byte> header = stackalloc byte[FrameHeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)((UInt128)ticks * 1_000_000_000 / _machine.Description.TscHz));
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], frame.Length);
        try
        {
            _output.Write(header);
            _output.Write(frame);
        }
        catch (IOException failure)
        {
            Failure = failure;
        }
    }
}
