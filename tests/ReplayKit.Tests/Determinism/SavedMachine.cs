using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.State;

namespace ReplayKit.Tests.Determinism;

/// <summary>A machine's whole state at one position, copied.</summary>
internal sealed class SavedMachine
{
    private readonly byte[] _state;
    private readonly Dictionary<int, byte[]> _pages = [];
    /// <summary>What RAM held.</summary>
    public MemoryImage Memory { get; }

    /// <summary>Copies it.</summary>
    public SavedMachine(VirtualMachine machine)
    {
        StateWriter writer = new();
        machine.Save(writer);
        _state = writer.Written.ToArray();
        var hashes = new Hash128[machine.Memory.PageCount];
        Hash128 sum = 0;
        for (int page = 0; page < hashes.Length; page++)
        {
            hashes[page] = machine.PageHash.Of(page, machine.Memory.Page(page));
            sum = unchecked(sum + hashes[page]);
            if (hashes[page] != 0)
            {
                _pages.Add(page, machine.Memory.Page(page).ToArray());
            }
        }

        Memory = new MemoryImage(hashes, sum, Fetch);
    }

    /// <summary>The saved registers and devices.</summary>
    public ReadOnlySpan<byte> State => _state;

    /// <summary>Pages that were fetched so far.</summary>
    public int Fetched { get; private set; }

    /// <summary>Puts a machine into that state.</summary>
    public void RestoreTo(VirtualMachine machine) => machine.Restore(new StateReader(_state), Memory);

    private void Fetch(GuestMemory memory, int page)
    {
        Fetched++;
        memory.Bring(page, _pages.GetValueOrDefault(page) ?? new byte[GuestMemory.PageBytes]);
    }
}
