using Iced.Intel;

namespace Guest.Machine.X86;

/// <content>Whether an address that is not canonical was an access to the stack: #SS instead of #GP (Intel SDM 3A 5.3.1).</content>
public sealed partial class Vcpu
{
    // Rare enough to decode the instruction again: nothing on the fast path has to know the segment of each access.
    private void RaiseNotCanonical(ulong address) => Raise(IsStackAccess(address) ? Vector.SS : Vector.GP, 0);

    private bool IsStackAccess(ulong address)
    {
        Span<byte> bytes = stackalloc byte[15];
        int length = 0;
        while (length < bytes.Length && TryPeek(new GuestVirtual(CodeAddress(State.InstructionStart) + (ulong)length), out bytes[length]))
        {
            length++;
        }

        var decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes[..length].ToArray()), State.InstructionStart, DecoderOptions.MPX);
        decoder.Decode(out Instruction instruction);
        bool stack = false;
        foreach (UsedMemory memory in new InstructionInfoFactory().GetInfo(instruction).GetUsedMemory())
        {
            bool isStack = IsStack(memory);
            if (address - LinearOf(memory) < (ulong)Math.Max(memory.MemorySize.GetSize(), 1))
            {
                return isStack;
            }

            stack |= isStack;
        }

        return stack;
    }

    // In 64-bit mode the base register decides; overrides other than FS and GS are ignored.
    private static bool IsStack(in UsedMemory memory) => memory.Segment is not (Register.FS or Register.GS)
        && (memory.Base is Register.RSP or Register.ESP or Register.RBP or Register.EBP);

    private ulong LinearOf(in UsedMemory memory)
    {
        ulong offset = FullRegister(memory.Base) + (FullRegister(memory.Index) * (ulong)memory.Scale) + memory.Displacement;
        offset = memory.AddressSize == Iced.Intel.CodeSize.Code32 ? (uint)offset : offset;
        return memory.Segment switch
        {
            Register.FS => offset + State.Segments[(int)SegmentName.Fs].Base,
            Register.GS => offset + State.Segments[(int)SegmentName.Gs].Base,
            _ => offset,
        };
    }

    private ulong FullRegister(Register register) =>
        register.IsGPR() ? RegisterFile.Ref<ulong>(ref State, (byte)(8 * register.GetFullRegister().GetNumber())) : 0;
}
