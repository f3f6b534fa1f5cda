namespace Guest.Machine.X86.Translate.Emit;

/// <summary>Where the guest's status flags are at a point of a translation.</summary>
internal enum FlagPlace
{
    /// <summary>Nobody will ask: they are written before anything can see them.</summary>
    Dead,

    /// <summary>In the host's.</summary>
    Processor,

    /// <summary>In <see cref="Link.EmittedState.FlagsWord"/>.</summary>
    Memory,

    /// <summary>In both.</summary>
    Both,

    /// <summary>Nowhere, but they can be had again from the registers of the instruction that made them; a rotation's two, the others being in memory.</summary>
    Repeatable,
}
