namespace Guest.Linux.Modules;

/// <summary>What becomes of a module. Numbers are the kernel's (<c>enum module_state</c>, unchanged since 3.8).</summary>
public enum ModuleState
{
    /// <summary>It works.</summary>
    Live = 0,

    /// <summary>It is complete and runs its start.</summary>
    Coming = 1,

    /// <summary>It is being removed.</summary>
    Going = 2,

    /// <summary>It is being put together; nothing of it can be used yet.</summary>
    Unformed = 3,
}
