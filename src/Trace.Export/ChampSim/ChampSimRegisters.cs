using Iced.Intel;

namespace Trace.Export.ChampSim;

/// <summary>The numbers that registers have in a ChampSim trace. Three of them are fixed, as ChampSim tells kinds of branches by them; the others only have to differ.</summary>
internal static class ChampSimRegisters
{
    /// <summary>RSP.</summary>
    internal const byte StackPointer = 6;

    /// <summary>RFLAGS.</summary>
    internal const byte Flags = 25;

    /// <summary>RIP.</summary>
    internal const byte InstructionPointer = 26;

    /// <summary>Stands for a register where the instruction's bytes are not known.</summary>
    internal const byte Unknown = 255;

    private const byte FirstGeneral = 32;
    private const byte FirstVector = 64;
    private const byte FirstOther = 128;

    /// <summary>The number of a register, by the whole register that it is a part of.</summary>
    internal static byte Of(Register register)
    {
        Register whole = register.GetFullRegister();
        return whole == Register.RSP ? StackPointer
            : whole.IsGPR64() ? (byte)(FirstGeneral + (whole - Register.RAX))
            : whole.IsVectorRegister() ? (byte)(FirstVector + ((whole.GetNumber()) & 31))
            : (byte)(FirstOther + ((int)whole % 120));
    }
}
