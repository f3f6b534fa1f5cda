using Guest.Linux.Tasks;
using Guest.Machine.X86;

namespace Guest.Linux.Unwinding;

/// <summary>The general registers of a frame, as far as they are known, by DWARF's numbers (System V ABI for x86-64, figure 3.36): 6 is RBP, 7 is RSP, 16 is RIP.</summary>
internal sealed class FrameRegisters
{
    internal const int Rdx = 1, Rdi = 5, Rbp = 6, Rsp = 7, R10 = 10, R13 = 13, Rip = 16, Count = 17;

    // DWARF's numbers of the registers in the order of their encoding.
    private static readonly int[] s_numbers = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];
    private readonly ulong[] _values = new ulong[Count];
    private int _known;

    /// <summary>The value of one; null where it is not known.</summary>
    internal ulong? this[int register]
    {
        get => register is >= 0 and < Count && (_known & (1 << register)) != 0 ? _values[register] : null;
        set
        {
            _values[register] = value.GetValueOrDefault();
            _known = value is null ? _known & ~(1 << register) : _known | (1 << register);
        }
    }

    /// <summary>Those of a vCPU.</summary>
    internal static FrameRegisters Of(in CpuState state) => new()
    {
        [0] = state.Rax,
        [1] = state.Rdx,
        [2] = state.Rcx,
        [3] = state.Rbx,
        [4] = state.Rsi,
        [5] = state.Rdi,
        [6] = state.Rbp,
        [7] = state.Rsp,
        [8] = state.R8,
        [9] = state.R9,
        [10] = state.R10,
        [11] = state.R11,
        [12] = state.R12,
        [13] = state.R13,
        [14] = state.R14,
        [15] = state.R15,
        [Rip] = state.Rip,
    };

    /// <summary>Those with which a thread goes on in user mode.</summary>
    internal static FrameRegisters Of(UserRegisters user)
    {
        FrameRegisters registers = new() { [Rip] = user.Rip };
        for (int i = 0; i < s_numbers.Length; i++)
        {
            registers[s_numbers[i]] = user.General[i];
        }

        return registers;
    }

    /// <summary>The same once more.</summary>
    internal FrameRegisters Copy()
    {
        FrameRegisters copy = new() { _known = _known };
        _values.CopyTo(copy._values, 0);
        return copy;
    }
}
