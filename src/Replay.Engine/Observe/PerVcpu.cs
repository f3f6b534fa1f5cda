using System.Numerics;
using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>A number for each vCPU.</summary>
/// <typeparam name="T">The number's type.</typeparam>
public sealed class PerVcpu<T> : IPluginState
    where T : unmanaged, IBinaryInteger<T>
{
    private T[] _values = [];

    /// <summary>vCPUs that have one.</summary>
    public int Count => _values.Length;

    /// <summary>The number of a vCPU.</summary>
    public T this[int vcpu]
    {
        get => vcpu < _values.Length ? _values[vcpu] : T.Zero;
        set
        {
            if (vcpu >= _values.Length)
            {
                Array.Resize(ref _values, vcpu + 1);
            }

            _values[vcpu] = value;
        }
    }

    /// <summary>The sum over all vCPUs.</summary>
    public T Total => _values.Aggregate(T.Zero, (sum, value) => sum + value);

    /// <summary>Adds those of another segment.</summary>
    public void Add(PerVcpu<T> next)
    {
        for (int vcpu = next.Count - 1; vcpu >= 0; vcpu--)
        {
            this[vcpu] += next[vcpu];
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_values.Length);
        foreach (T value in _values)
        {
            writer.WriteUInt64(ulong.CreateTruncating(value));
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        _values = new T[reader.ReadIndex(ushort.MaxValue)];
        for (int vcpu = 0; vcpu < _values.Length; vcpu++)
        {
            _values[vcpu] = T.CreateTruncating(reader.ReadUInt64());
        }
    }
}
