using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Reads and writes general registers of a snapshot by the decoder's names.</summary>
internal static class RegisterPlaces
{
    /// <summary>The number of the full register; -1 for what is no general register.</summary>
    public static int Number(Register register) => register switch
    {
        >= Register.RAX and <= Register.R15 => register - Register.RAX,
        >= Register.EAX and <= Register.R15D => register - Register.EAX,
        >= Register.AX and <= Register.R15W => register - Register.AX,
        >= Register.AL and <= Register.BL => register - Register.AL,
        >= Register.AH and <= Register.BH => register - Register.AH,
        >= Register.SPL and <= Register.R15L => register - Register.SPL + 4,
        _ => -1,
    };

    /// <summary>The value of a register of any width, zero-extended; 0 for none.</summary>
    public static ulong Read(in CpuSnapshot state, Register register)
    {
        int number = Number(register);
        if (number < 0)
        {
            return 0;
        }

        ulong value = state.Gpr[number];
        return register switch
        {
            >= Register.RAX and <= Register.R15 => value,
            >= Register.EAX and <= Register.R15D => (uint)value,
            >= Register.AX and <= Register.R15W => (ushort)value,
            >= Register.AH and <= Register.BH => (byte)(value >> 8),
            _ => (byte)value,
        };
    }
}
