namespace Analysis.Plugins.Branches;

/// <summary>Predicts whether conditional jumps are taken.</summary>
public interface IDirectionPredictor
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Says what it predicts for a jump, and learns what it did.</summary>
    /// <returns>Whether it predicted that the jump is taken.</returns>
    bool Predict(ulong pc, bool taken);
}
