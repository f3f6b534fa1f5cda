using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>What <see cref="Counts{T}"/> counts.</summary>
public interface ICounted<TSelf> : IComparable<TSelf>
    where TSelf : struct, ICounted<TSelf>
{
    /// <summary>Whose code it is.</summary>
    CodeOwner Owner { get; init; }

    /// <summary>Writes one.</summary>
    static abstract void Save(StateWriter writer, in TSelf counted);

    /// <summary>Reads one.</summary>
    static abstract TSelf Load(StateReader reader);
}
