using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Compare;

/// <summary>Where an instruction has two faults to report at once, which one it reports is the processor's choice (Intel SDM 3A 6.9: exceptions within a class
/// vary from processor to processor; AMD APM 2 8.5 likewise). Ours is in docs/defined-results.md.</summary>
internal static class FaultChoice
{
    private const ulong AlignmentCheck = 0x4_0000;

    /// <summary>Whether both outcomes are right, so that a comparison has to accept either.</summary>
    /// <param name="target">The case.</param>
    /// <param name="atFault">The registers at the fault: those of a repeated string instruction have moved on.</param>
    /// <param name="expected">One outcome.</param>
    /// <param name="actual">The other one.</param>
    public static bool IsFree(Case target, in CpuSnapshot atFault, Outcome expected, Outcome actual) =>
        IsWrapped(target, expected, actual) || IsOtherOperand(target, atFault, expected, actual);

    // Each of two memory operands faults, and each side reports another one of them.
    private static bool IsOtherOperand(Case target, in CpuSnapshot atFault, Outcome expected, Outcome actual)
    {
        List<UsedMemory> operands = target.Instance.Memory;
        return operands.Count == 2 && operands[0].VsibSize == 0 && operands[1].VsibSize == 0
            && ((Raises(target, atFault, operands[0], expected) && Raises(target, atFault, operands[1], actual))
                || (Raises(target, atFault, operands[1], expected) && Raises(target, atFault, operands[0], actual)));
    }

    // Whether an access raises an exception if nothing else does.
    private static bool Raises(Case target, in CpuSnapshot state, in UsedMemory memory, Outcome outcome)
    {
        ref readonly Instruction decoded = ref target.Instance.Decoded;
        int size = (decoded.IsStringInstruction ? decoded.MemorySize : memory.MemorySize).GetSize();
        if (size == 0)
        {
            return false;
        }

        ulong first = Effective.Address(state, memory);
        ulong last = first + (ulong)size - 1;
        return outcome.Vector switch
        {
            12 => outcome.ErrorCode == 0 && IsStack(memory) && Arena.IsNonCanonical(first),
            13 => outcome.ErrorCode == 0 && !IsStack(memory) && Arena.IsNonCanonical(first),
            14 => IsPageFault(first, IsWrite(memory), outcome) || (IsAllowed(first, IsWrite(memory)) && IsPageFault(last & ~0xFFFUL, IsWrite(memory), outcome)),
            17 => outcome.ErrorCode == 0 && (state.Rflags & AlignmentCheck) != 0 && (first & (ulong)(size - 1)) != 0,
            _ => false,
        };
    }

    // Whether an address belongs to the stack segment in 64-bit mode, which ignores an SS prefix (Intel SDM 1 3.3.7.1).
    private static bool IsStack(in UsedMemory memory) =>
        memory.Base is Register.RSP or Register.RBP or Register.ESP or Register.EBP && memory.Segment is not (Register.FS or Register.GS);

    private static bool IsPageFault(ulong address, bool write, Outcome outcome) =>
        outcome.Address == address && !Arena.IsNonCanonical(address) && !IsAllowed(address, write)
        && outcome.ErrorCode == 4u + (write ? 2u : 0) + (Arena.IsReadable(address) ? 1u : 0);

    private static bool IsAllowed(ulong address, bool write) => write ? Arena.IsWritable(address) : Arena.IsReadable(address);

    private static bool IsWrite(in UsedMemory memory) => memory.Access is not (OpAccess.Read or OpAccess.CondRead);

    // Elements of an operand that begins below 64 KiB, with 16-bit addresses, and ends above: behind it, or at its beginning.
    private static bool IsWrapped(Case target, Outcome expected, Outcome actual)
    {
        if (!IsMaskedMove(target.Instance.Decoded.Mnemonic) || target.Instance.Memory is not [var memory] || memory.AddressSize != CodeSize.Code16)
        {
            return false;
        }

        ulong address = Effective.Address(target.State, memory);
        ulong end = address + (ulong)memory.MemorySize.GetSize();
        return address < 0x1_0000 && end > 0x1_0000 && expected.Vector == 14 && actual.Vector == 14 && expected.ErrorCode == actual.ErrorCode
            && expected.Address != actual.Address && (ushort)expected.Address == (ushort)actual.Address && Math.Max(expected.Address, actual.Address) < end;
    }

    private static bool IsMaskedMove(Mnemonic mnemonic) => mnemonic is Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq;
}
