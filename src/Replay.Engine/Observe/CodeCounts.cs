using Guest.Machine;
using Guest.Machine.State;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>How often each instruction has retired.</summary>
public sealed class CodeCounts : IPluginState
{
    private readonly Dictionary<ExecutedCode, long> _counts = [];

    /// <summary>Instructions that differ.</summary>
    public int Count => _counts.Count;

    /// <summary>All of them by address space and address.</summary>
    public IEnumerable<KeyValuePair<ExecutedCode, long>> Sorted() => _counts.OrderBy(pair => pair.Key);

    /// <summary>Adds executions of an instruction.</summary>
    public void Add(in ExecutedCode code, long count) => _counts[code] = _counts.GetValueOrDefault(code) + count;

    /// <summary>Adds those of another segment.</summary>
    public void Add(CodeCounts next)
    {
        foreach ((ExecutedCode code, long count) in next._counts)
        {
            Add(code, count);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_counts.Count);
        foreach ((ExecutedCode code, long count) in Sorted())
        {
            writer.WriteUInt64(code.Space.Value);
            writer.WriteUInt64(code.Pc.Value);
            writer.WriteInt32((int)code.Code);
            writer.WriteByte(code.Length);
            writer.WriteByte(code.Ring);
            writer.WriteBool(code.HasMemory);
            writer.WriteUInt64((ulong)count);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        _counts.Clear();
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            GuestPhysical space = new(reader.ReadUInt64());
            GuestVirtual pc = new(reader.ReadUInt64());
            var code = (Code)reader.ReadInt32();
            ExecutedCode key = new(space, pc, code, reader.ReadByte(), reader.ReadByte(), reader.ReadBool());
            _counts[key] = (long)reader.ReadUInt64();
        }
    }
}
