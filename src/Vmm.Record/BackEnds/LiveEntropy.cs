using System.Buffers.Binary;
using System.Security.Cryptography;
using Guest.Machine.Board;
using Guest.Machine.Devices.Entropy;
using Replay.Log;
using Replay.Log.Records;

namespace Vmm.Record.BackEnds;

/// <summary>Entropy for a live guest: the host's random source, or under a virtual clock a fixed sequence.</summary>
internal sealed class LiveEntropy : ILiveDevice
{
    private readonly EntropyDevice _device;
    private readonly LiveTurn _turn;
    private readonly int _slot;
    private ulong _blocks;

    internal LiveEntropy(EntropyDevice device, int slot, LiveTurn turn)
    {
        _device = device;
        _slot = slot;
        _turn = turn;
    }

    /// <inheritdoc/>
    public bool HasInput => _turn.IsAsked && !_turn.IsVirtual;

    /// <inheritdoc/>
    public ulong Due => _turn.Due;

    /// <inheritdoc/>
    public bool CanWake => _turn.IsAsked;

    /// <inheritdoc/>
    public void Resume()
    {
        if (_device.Wanted > 0)
        {
            Ready();
        }
    }

    /// <inheritdoc/>
    public void Ready() => _turn.Ask();

    /// <inheritdoc/>
    public void Apply(VirtualMachine machine, bool idle, LogWriter? log)
    {
        if (!_turn.IsDue(idle))
        {
            return;
        }

        _turn.End();
        Span<byte> buffer = stackalloc byte[EntropyDevice.MostBytes];
        while (_device.Wanted is > 0 and int wanted)
        {
            Span<byte> bytes = buffer[..wanted];
            Fill(bytes);
            log?.Append(machine.Position, new EntropyInput(_slot, bytes));
            machine.ApplyEntropy(_slot, bytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Fill(Span<byte> bytes)
    {
        if (!_turn.IsVirtual)
        {
            RandomNumberGenerator.Fill(bytes);
            return;
        }

        Span<byte> number = stackalloc byte[12];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        for (int at = 0; at < bytes.Length; at += block.Length)
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, _slot);
            BinaryPrimitives.WriteUInt64LittleEndian(number[4..], _blocks++);
            SHA256.HashData(number, block);
            block[..Math.Min(block.Length, bytes.Length - at)].CopyTo(bytes[at..]);
        }
    }
}
