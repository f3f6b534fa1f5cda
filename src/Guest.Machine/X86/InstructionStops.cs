using System.Collections.Immutable;
using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86;

/// <summary>Before which instructions a run comes back. It cannot change anything, and costs nothing where it does not apply.</summary>
/// <param name="stopsBefore">
/// Asked when an instruction that is concerned is about to be begun, with everything applied that is due there; true stops before it.
/// </param>
public sealed class InstructionStops(Func<Vcpu, bool> stopsBefore)
{
    private bool _hasStopped;

    /// <summary>Whether every instruction is concerned. May be set while the machine runs, by what it calls; with <see cref="Vcpu.EndBlock"/> it holds from the next instruction on.</summary>
    public bool Everywhere { get; set; }

    /// <summary>Linear addresses of instructions that are concerned, ascending. The engine is to be told of a change (<see cref="IEngine.Attach"/>).</summary>
    public ImmutableArray<ulong> Places { get; set; } = [];

    /// <summary>Whether the instruction at an address is one to ask about.</summary>
    internal bool Concerns(ulong address) => Everywhere || Places.BinarySearch(address) >= 0;

    /// <summary>Asks about the instruction that the vCPU is about to begin.</summary>
    internal bool StopsBefore(Vcpu cpu)
    {
        _hasStopped = stopsBefore(cpu);
        cpu.Attention |= _hasStopped;
        return _hasStopped;
    }

    /// <summary>Says once that the run stopped.</summary>
    internal bool TakeStop()
    {
        bool stopped = _hasStopped;
        _hasStopped = false;
        return stopped;
    }

    /// <summary>Whether one of the places lies in a range.</summary>
    internal bool Touches(ulong address, int bytes)
    {
        int index = Places.BinarySearch(address);
        index = index < 0 ? ~index : index;
        return index < Places.Length && Places[index] - address < (ulong)bytes;
    }

    /// <summary>The part of a block up to the next place.</summary>
    /// <param name="block">The block.</param>
    /// <param name="address">The linear address of its first instruction.</param>
    internal Block Cut(Block block, ulong address)
    {
        int count = 1;
        int bytes = block.Ops[0].Length;
        while (count < block.Ops.Length && Places.BinarySearch(address + (ulong)bytes) < 0)
        {
            bytes += block.Ops[count].Length;
            count++;
        }

        return new Block(block.Page, block.Offset, bytes, block.Ops[..count]) { IsStop = Places.BinarySearch(address) >= 0 };
    }
}
