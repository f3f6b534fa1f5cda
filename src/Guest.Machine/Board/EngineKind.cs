namespace Guest.Machine.Board;

/// <summary>Which engine executes instructions; the guest cannot tell.</summary>
public enum EngineKind
{
    /// <summary>Guest code becomes host code: for everyday use.</summary>
    Translator,

    /// <summary>One handler per instruction: the reference.</summary>
    Interpreter,
}
