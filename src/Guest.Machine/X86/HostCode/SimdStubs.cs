using Iced.Intel;

namespace Guest.Machine.X86.HostCode;

/// <summary>The stubs of all SIMD instructions that any guest of this process has used: emitted once, kept for good.</summary>
/// <remarks>
/// A stub depends on the instruction's form and its immediate and not on its registers, so their number is bounded whatever a guest
/// does. They are the same for all vCPUs; the process's SIGFPE belongs to them too: that is why there is one.
/// </remarks>
internal sealed class SimdStubs
{
    private static readonly SimdStubs Shared = new();
    private readonly Lock _gate = new();
    private readonly CodeArena _arena = new();
    private readonly Dictionary<ulong, nint> _stubs = [];

    private SimdStubs() => FloatingPointFault.Install(_arena);

    /// <summary>Makes sure that the first stub will find everything in place.</summary>
    internal static void Start() => _ = Shared;

    /// <summary>The stub of an instruction.</summary>
    /// <param name="instruction">As decoded.</param>
    /// <param name="usesMxcsr">Whether it obeys MXCSR and sets its flags.</param>
    internal static nint Find(in Instruction instruction, bool usesMxcsr) => Shared.Get(instruction, usesMxcsr);

    private nint Get(in Instruction instruction, bool usesMxcsr)
    {
        bool memory = false;
        ulong immediate = 0;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            memory |= kind == OpKind.Memory;
            immediate = kind == OpKind.Immediate8 ? instruction.Immediate8 : immediate;
        }

        ulong key = (ulong)instruction.Code | (memory ? 1UL << 16 : 0) | (immediate << 24);
        lock (_gate)
        {
            if (!_stubs.TryGetValue(key, out nint stub))
            {
                stub = _arena.Add(new SimdStubBuilder(_arena.Next, instruction, usesMxcsr).Build());
                _stubs.Add(key, stub);
            }

            return stub;
        }
    }
}
