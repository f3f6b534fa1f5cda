using Guest.Machine;
using Guest.Machine.Devices.Block;

namespace Vmm.Record.BackEnds;

/// <summary>What a disk's own thread has for the machine's.</summary>
/// <param name="Request">The request that was made.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Data">What was read, in a buffer that is to be given back; null where nothing was.</param>
/// <param name="Hash">The hash of what was read.</param>
/// <param name="Failure">Why the run cannot go on: a write was lost; null where none was.</param>
internal readonly record struct LiveDiskAnswer(DiskRequest Request, DiskStatus Status, byte[]? Data, Hash128? Hash, ReplayKitException? Failure = null);
