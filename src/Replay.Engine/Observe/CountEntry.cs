using Replay.Engine.Observe.Programs;

namespace Replay.Engine.Observe;

/// <summary>A counter that a plugin has asked for.</summary>
/// <param name="Counter">The counter.</param>
/// <param name="Where">Of which code.</param>
/// <param name="Programs">By whose programs code is told apart; null where that is done by address spaces.</param>
internal readonly record struct CountEntry<TCounter>(TCounter Counter, CodeFilter? Where, GuestPrograms? Programs = null)
{
    /// <summary>Whose code an address space's is now.</summary>
    internal CodeOwner OwnerOf(Guest.Machine.GuestPhysical space) => Programs?.OwnerOf(space) ?? CodeOwner.OfSpace(space);
}
