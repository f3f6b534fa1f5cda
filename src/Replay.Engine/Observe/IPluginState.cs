using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>A part of a plugin's state that goes into a segment's file.</summary>
public interface IPluginState
{
    /// <summary>Writes it, the same bytes for the same content.</summary>
    void Save(StateWriter writer);

    /// <summary>Takes over what <see cref="Save"/> wrote.</summary>
    void Load(StateReader reader);
}
