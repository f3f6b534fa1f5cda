using Guest.Machine;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Coverage;

/// <summary>What is known of an executed instruction of a file.</summary>
internal struct CoveredInstruction
{
    /// <summary>Its bytes.</summary>
    internal byte Length;

    /// <summary>Whether it ends a basic block.</summary>
    internal bool Ends;

    /// <summary>How often it retired.</summary>
    internal long Count;

    /// <summary>One of those who executed it, and at which address that had it.</summary>
    internal CodeOwner Owner;

    /// <summary>The address.</summary>
    internal GuestVirtual Pc;

    /// <summary>The first of the edges that begin at it, plus one.</summary>
    internal int FirstEdge;
}
