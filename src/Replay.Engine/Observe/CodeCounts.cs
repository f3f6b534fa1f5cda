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

    /// <summary>All of them by owner and address.</summary>
    public IEnumerable<KeyValuePair<ExecutedCode, long>> Sorted() => _counts.OrderBy(pair => pair.Key);

    /// <summary>Starts over.</summary>
    public void Clear() => _counts.Clear();

    /// <summary>Adds executions of an instruction.</summary>
    public void Add(in ExecutedCode code, long count) => _counts[code] = _counts.GetValueOrDefault(code) + count;

    /// <summary>Adds those of another segment.</summary>
    /// <param name="next">The segment's.</param>
    /// <param name="owners">What its owners are here; null where they are the same.</param>
    public void Add(CodeCounts next, Func<CodeOwner, CodeOwner>? owners = null)
    {
        foreach ((ExecutedCode code, long count) in next._counts)
        {
            Add(owners is null ? code : code with { Owner = owners(code.Owner) }, count);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_counts.Count);
        foreach ((ExecutedCode code, long count) in Sorted())
        {
            CodeOwner.Save(writer, code.Owner);
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
            var owner = CodeOwner.Load(reader);
            GuestVirtual pc = new(reader.ReadUInt64());
            var code = (Code)reader.ReadInt32();
            ExecutedCode key = new(owner, pc, code, reader.ReadByte(), reader.ReadByte(), reader.ReadBool());
            _counts[key] = (long)reader.ReadUInt64();
        }
    }
}
