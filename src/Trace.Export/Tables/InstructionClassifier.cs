using Iced.Intel;

namespace Trace.Export.Tables;

/// <summary>Says of a decoded instruction what kind it is. Meant for once per decoded instruction, not once per execution.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class InstructionClassifier
{
    private readonly InstructionInfoFactory _infoFactory = new();

    /// <summary>The kind of an instruction: the first rule that fits, in the order of docs/tables.md.</summary>
    public InstructionKind Classify(in Instruction instruction) =>
        ByName(instruction.Mnemonic) ?? ByFlow(instruction) ?? (instruction.IsPrivileged ? InstructionKind.System : ByMemory(instruction));

    private static InstructionKind? ByName(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Hlt => InstructionKind.Halt,
        Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd
            or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd => InstructionKind.Io,
        Mnemonic.Sysret or Mnemonic.Sysretq or Mnemonic.Sysexit or Mnemonic.Sysexitq
            or Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq => InstructionKind.Sysret,
        Mnemonic.Syscall or Mnemonic.Sysenter => InstructionKind.Syscall,
        Mnemonic.Mfence or Mnemonic.Lfence or Mnemonic.Sfence or Mnemonic.Serialize or Mnemonic.Pause => InstructionKind.Fence,
        Mnemonic.Nop or Mnemonic.Fnop or Mnemonic.Endbr32 or Mnemonic.Endbr64 or Mnemonic.Prefetch or Mnemonic.Prefetchw or Mnemonic.Prefetchnta
            or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 or Mnemonic.Reservednop => InstructionKind.Nop,
        Mnemonic.Cpuid or Mnemonic.Rdtsc or Mnemonic.Rdtscp or Mnemonic.Rdpmc or Mnemonic.Xgetbv or Mnemonic.Clflush or Mnemonic.Clflushopt
            or Mnemonic.Clwb or Mnemonic.Cli or Mnemonic.Sti or Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Smsw
            or Mnemonic.Swapgs or Mnemonic.Rdfsbase or Mnemonic.Rdgsbase or Mnemonic.Wrfsbase or Mnemonic.Wrgsbase => InstructionKind.System,
        _ => null,
    };

    private static InstructionKind? ByFlow(in Instruction instruction) => instruction.FlowControl switch
    {
        FlowControl.ConditionalBranch => InstructionKind.Branch,
        FlowControl.UnconditionalBranch or FlowControl.IndirectBranch => InstructionKind.Jump,
        FlowControl.Call or FlowControl.IndirectCall => InstructionKind.Call,
        FlowControl.Return => InstructionKind.Ret,
        FlowControl.Interrupt => InstructionKind.Syscall,
        _ => null,
    };

    private InstructionKind ByMemory(in Instruction instruction)
    {
        bool reads = false;
        bool writes = false;
        foreach (UsedMemory memory in _infoFactory.GetInfo(instruction).GetUsedMemory())
        {
            reads |= memory.Access is OpAccess.Read or OpAccess.CondRead or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
            writes |= memory.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
        }

        return (reads, writes) switch
        {
            (true, true) => InstructionKind.Update,
            (true, false) => InstructionKind.Load,
            (false, true) => InstructionKind.Store,
            _ => InstructionKind.Alu,
        };
    }
}
