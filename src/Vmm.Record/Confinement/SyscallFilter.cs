namespace Vmm.Record.Confinement;

/// <summary>A seccomp filter: what a recorder that has begun may still ask of the kernel, as a program for the kernel's filter machine (seccomp(2), <c>struct seccomp_data</c>).</summary>
/// <remarks>What is not listed is refused (EPERM, or ENOSYS where a library would try something older); nothing is refused by ending the process but another architecture's calls.</remarks>
internal static class SyscallFilter
{
    private const ushort Load = 0x20, And = 0x54, JumpIfEqual = 0x15, JumpIfAtLeast = 0x35, JumpIfSet = 0x45, Return = 0x06;
    private const uint Allow = 0x7FFF_0000, Refuse = 0x0005_0000, EndProcess = 0x8000_0000;
    private const uint NotPermitted = 1, NoAccess = 13, NoSuchCall = 38;
    private const uint X86_64 = 0xC000_003E, CompatibilityBit = 0x4000_0000, FirstNewCall = 424;
    private const int NumberPlace = 0, ArchitecturePlace = 4, FirstArgument = 16;
    private const uint CreatesNew = 0xC0; // O_CREAT | O_EXCL
    private const uint ThreadFlag = 0x1_0000; // CLONE_THREAD
    private const uint SetName = 15, GetName = 16; // PR_SET_NAME, PR_GET_NAME

    // Of the terminal its settings and size; of any descriptor whether it blocks, and what waits in it.
    private static readonly uint[] s_deviceControls = [0x5401, 0x5402, 0x5403, 0x5404, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451];

    private static readonly SystemCall[] s_naming =
        [SystemCall.List, SystemCall.Rename, SystemCall.RenameAt, SystemCall.RenameAt2, SystemCall.Unlink, SystemCall.UnlinkAt, SystemCall.MakeFolder, SystemCall.MakeFolderAt, SystemCall.RemoveFolder];

    private static readonly SystemCall[] s_special =
        [SystemCall.Open, SystemCall.OpenAt, SystemCall.Clone, SystemCall.DeviceControl, SystemCall.Kill, SystemCall.KillThread, SystemCall.Control, SystemCall.Limit];

    /// <summary>The program: each instruction's 8 bytes as a number.</summary>
    /// <param name="process">This process's number.</param>
    /// <param name="ownFiles">Whether files may be opened, renamed and removed, and folders made: the filter cannot tell paths apart.</param>
    internal static ulong[] Make(int process, bool ownFiles)
    {
        List<ulong> program = [];
        Check(program, ArchitecturePlace, X86_64, EndProcess);
        program.Add(Instruction(Load, NumberPlace));
        program.Add(Instruction(JumpIfAtLeast, CompatibilityBit, 0, 1));
        program.Add(Instruction(Return, Refuse | NoSuchCall));
        foreach (SystemCall call in Enum.GetValues<SystemCall>().Except(s_special).Except(ownFiles ? [] : s_naming))
        {
            program.Add(Instruction(JumpIfEqual, (uint)call, 0, 1));
            program.Add(Instruction(Return, Allow));
        }

        When(program, SystemCall.Open, ownFiles ? [Instruction(Return, Allow)] : OnlyNew(1));
        When(program, SystemCall.OpenAt, ownFiles ? [Instruction(Return, Allow)] : OnlyNew(2));
        When(program, SystemCall.Clone, [Argument(0), Instruction(JumpIfSet, ThreadFlag, 0, 1), Instruction(Return, Allow), Instruction(Return, Refuse | NotPermitted)]);
        When(program, SystemCall.DeviceControl, OnlyValues(1, s_deviceControls));
        When(program, SystemCall.Kill, OnlyValues(0, (uint)process));
        When(program, SystemCall.KillThread, OnlyValues(0, (uint)process));
        When(program, SystemCall.Control, OnlyValues(0, SetName, GetName));
        When(program, SystemCall.Limit, OnlyValues(0, 0, (uint)process));
        program.Add(Instruction(JumpIfAtLeast, FirstNewCall, 0, 1));
        program.Add(Instruction(Return, Refuse | NoSuchCall));
        program.Add(Instruction(Return, Refuse | NotPermitted));
        return [.. program];
    }

    private static void Check(List<ulong> program, int place, uint value, uint otherwise)
    {
        program.Add(Instruction(Load, (uint)place));
        program.Add(Instruction(JumpIfEqual, value, 1, 0));
        program.Add(Instruction(Return, otherwise));
    }

    // What is done for one call; each such part ends by returning. The number is in the accumulator before and behind it.
    private static void When(List<ulong> program, SystemCall call, ulong[] part)
    {
        program.Add(Instruction(JumpIfEqual, (uint)call, 0, (byte)part.Length));
        program.AddRange(part);
    }

    // A file that is there is refused as one that nobody may open.
    private static ulong[] OnlyNew(int flags) =>
    [
        Argument(flags), Instruction(And, CreatesNew), Instruction(JumpIfEqual, CreatesNew, 0, 1), Instruction(Return, Allow), Instruction(Return, Refuse | NoAccess),
    ];

    private static ulong[] OnlyValues(int argument, params ReadOnlySpan<uint> values)
    {
        List<ulong> part = [Argument(argument)];
        foreach (uint value in values)
        {
            part.Add(Instruction(JumpIfEqual, value, 0, 1));
            part.Add(Instruction(Return, Allow));
        }

        part.Add(Instruction(Return, Refuse | NotPermitted));
        return [.. part];
    }

    // The low half of an argument: those that are looked at are 32 bits wide for the kernel.
    private static ulong Argument(int number) => Instruction(Load, (uint)(FirstArgument + (8 * number)));

    private static ulong Instruction(ushort code, uint value, byte ifTrue = 0, byte ifFalse = 0) => code | ((ulong)ifTrue << 16) | ((ulong)ifFalse << 24) | ((ulong)value << 32);
}
