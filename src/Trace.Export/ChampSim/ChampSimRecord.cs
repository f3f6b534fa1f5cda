using System.Buffers.Binary;

namespace Trace.Export.ChampSim;

/// <summary>An instruction of a ChampSim trace (<c>input_instr</c>): 64 bytes, little-endian.</summary>
/// <remarks>[8] ip, [1] is it a branch, [1] taken, [2] registers written, [4] registers read, [2 x 8] addresses written, [4 x 8] addresses read; 0 is none.</remarks>
public sealed class ChampSimRecord
{
    /// <summary>Bytes of a record.</summary>
    public const int Bytes = 64;

    /// <summary>Registers and addresses that an instruction can write.</summary>
    public const int MostWritten = 2;

    /// <summary>Registers and addresses that an instruction can read.</summary>
    public const int MostRead = 4;

    /// <summary>The instruction's address.</summary>
    public ulong Ip { get; set; }

    /// <summary>Whether it is a branch.</summary>
    public bool IsBranch { get; set; }

    /// <summary>Whether it was taken.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Registers that it writes.</summary>
    public List<byte> WrittenRegisters { get; } = [];

    /// <summary>Registers that it reads.</summary>
    public List<byte> ReadRegisters { get; } = [];

    /// <summary>Addresses that it writes.</summary>
    public List<ulong> WrittenMemory { get; } = [];

    /// <summary>Addresses that it reads.</summary>
    public List<ulong> ReadMemory { get; } = [];

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        (Ip, IsBranch, IsTaken) = (0, false, false);
        WrittenRegisters.Clear();
        ReadRegisters.Clear();
        WrittenMemory.Clear();
        ReadMemory.Clear();
    }

    /// <summary>Writes it. What it has more than there is room for is left out.</summary>
    public void Write(Span<byte> to)
    {
        to[..Bytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(to, Ip);
        to[8] = IsBranch ? (byte)1 : (byte)0;
        to[9] = IsTaken ? (byte)1 : (byte)0;
        for (int i = 0; i < Math.Min(MostWritten, WrittenRegisters.Count); i++)
        {
            to[10 + i] = WrittenRegisters[i];
        }

        for (int i = 0; i < Math.Min(MostRead, ReadRegisters.Count); i++)
        {
            to[12 + i] = ReadRegisters[i];
        }

        for (int i = 0; i < Math.Min(MostWritten, WrittenMemory.Count); i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(to[(16 + (8 * i))..], WrittenMemory[i]);
        }

        for (int i = 0; i < Math.Min(MostRead, ReadMemory.Count); i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(to[(32 + (8 * i))..], ReadMemory[i]);
        }
    }

    /// <summary>Reads one.</summary>
    public static ChampSimRecord Read(ReadOnlySpan<byte> from)
    {
        ChampSimRecord record = new() { Ip = BinaryPrimitives.ReadUInt64LittleEndian(from), IsBranch = from[8] != 0, IsTaken = from[9] != 0 };
        record.WrittenRegisters.AddRange(from[10..12].ToArray().Where(register => register != 0));
        record.ReadRegisters.AddRange(from[12..16].ToArray().Where(register => register != 0));
        for (int at = 16; at < Bytes; at += 8)
        {
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(from[at..]);
            if (address != 0)
            {
                (at < 32 ? record.WrittenMemory : record.ReadMemory).Add(address);
            }
        }

        return record;
    }
}
