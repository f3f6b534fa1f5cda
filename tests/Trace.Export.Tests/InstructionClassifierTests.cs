using Iced.Intel;
using Trace.Export.Tables;

namespace Trace.Export.Tests;

public sealed class InstructionClassifierTests
{
    [Theory]
    [InlineData("f4", InstructionKind.Halt)]
    [InlineData("ee", InstructionKind.Io)]
    [InlineData("480f07", InstructionKind.Sysret)]
    [InlineData("48cf", InstructionKind.Sysret)]
    [InlineData("0f05", InstructionKind.Syscall)]
    [InlineData("cd80", InstructionKind.Syscall)]
    [InlineData("cc", InstructionKind.Syscall)]
    [InlineData("0faef0", InstructionKind.Fence)]
    [InlineData("f390", InstructionKind.Fence)]
    [InlineData("90", InstructionKind.Nop)]
    [InlineData("f30f1efa", InstructionKind.Nop)]
    [InlineData("0f1f00", InstructionKind.Nop)]
    [InlineData("0fa2", InstructionKind.System)]
    [InlineData("0f22d8", InstructionKind.System)]
    [InlineData("0f32", InstructionKind.System)]
    [InlineData("fa", InstructionKind.System)]
    [InlineData("7400", InstructionKind.Branch)]
    [InlineData("e200", InstructionKind.Branch)]
    [InlineData("eb00", InstructionKind.Jump)]
    [InlineData("ff20", InstructionKind.Jump)]
    [InlineData("e800000000", InstructionKind.Call)]
    [InlineData("ff10", InstructionKind.Call)]
    [InlineData("c3", InstructionKind.Ret)]
    [InlineData("480103", InstructionKind.Update)]
    [InlineData("f00fb10b", InstructionKind.Update)]
    [InlineData("a4", InstructionKind.Update)]
    [InlineData("ff33", InstructionKind.Update)]
    [InlineData("488b03", InstructionKind.Load)]
    [InlineData("58", InstructionKind.Load)]
    [InlineData("3903", InstructionKind.Load)]
    [InlineData("480303", InstructionKind.Load)]
    [InlineData("488903", InstructionKind.Store)]
    [InlineData("50", InstructionKind.Store)]
    [InlineData("aa", InstructionKind.Store)]
    [InlineData("4801c3", InstructionKind.Alu)]
    [InlineData("488d03", InstructionKind.Alu)]
    [InlineData("c5fdefc0", InstructionKind.Alu)]
    public void An_instruction_has_the_kind_that_the_documentation_says(string bytes, InstructionKind kind)
    {
        Instruction instruction = Decoder.Create(64, Convert.FromHexString(bytes)).Decode();
        Assert.NotEqual(Code.INVALID, instruction.Code);
        Assert.Equal(kind, new InstructionClassifier().Classify(instruction));
    }
}
