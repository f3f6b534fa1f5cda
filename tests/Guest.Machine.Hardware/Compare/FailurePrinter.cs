using System.Globalization;
using System.Text;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Compare;

/// <summary>Prints a mismatch: the bytes, the disassembly, the state before, the differences, and how to run it again.</summary>
public static class FailurePrinter
{
    private static readonly string[] names =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    /// <summary>The text of one mismatch.</summary>
    public static string Print(Case target, Comparer comparer, ulong seed, long instance, int state)
    {
        var text = new StringBuilder();
        Instance ins = target.Instance;
        string bytes = Convert.ToHexString(ins.Bytes.AsSpan(0, ins.Length));
        text.AppendLine(CultureInfo.InvariantCulture, $"MISMATCH {ins.Target}: {bytes}  {Disassemble(ins)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  again: --code {ins.Target} --seed {seed} --instance {instance} (state {state})");
        text.AppendLine(CultureInfo.InvariantCulture, $"  at 0x{ins.Address:x}, decoded as {ins.Decoded.Code}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  outcome: {comparer.ExpectedOutcome} | {comparer.ActualOutcome}");
        Registers(text, target, comparer);
        Images(text, target, comparer);
        Memory(text, target, comparer);
        return text.ToString();
    }

    /// <summary>The instruction in Intel's spelling.</summary>
    public static string Disassemble(Instance instance)
    {
        var output = new StringOutput();
        new NasmFormatter().Format(instance.Decoded, output);
        return output.ToString();
    }

    private static void Registers(StringBuilder text, Case target, Comparer c)
    {
        for (int i = 0; i < 16; i++)
        {
            Line(text, names[i], target.State.Gpr[i], c.Expected.Gpr[i], c.Actual.Gpr[i]);
        }

        Line(text, "rip", target.State.Rip, c.Expected.Rip, c.Actual.Rip);
        ulong flags = CpuSnapshot.FlagBits & ~Undefined.Flags(target.Instance.Decoded, target.State);
        Line(text, "flags", target.State.Rflags & flags, c.Expected.Rflags & flags, c.Actual.Rflags & flags);
        Line(text, "gsbase", target.State.GsBase, c.Expected.GsBase, c.Actual.GsBase);
        text.AppendLine(CultureInfo.InvariantCulture,
            $"  before: rax {target.State.Gpr[0]:x} rcx {target.State.Gpr[1]:x} rdx {target.State.Gpr[2]:x} flags {target.State.Rflags:x} mxcsr {target.State.Mxcsr:x} fcw {target.State.ControlWord:x} fsw {target.State.StatusWord:x} ftw {target.State.Tags:x}");
        for (int op = 0; op < target.Instance.Decoded.OpCount; op++)
        {
            if (target.Instance.Decoded.GetOpKind(op) == OpKind.Register)
            {
                Operand(text, target, target.Instance.Decoded.GetOpRegister(op));
            }
        }
    }

    private static void Operand(StringBuilder text, Case target, Register register)
    {
        if (RegisterPlaces.Number(register) >= 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {register} = {RegisterPlaces.Read(target.State, register):x}");
        }
        else if (register.IsXMM() || register.IsYMM())
        {
            int n = register.GetNumber();
            text.AppendLine(CultureInfo.InvariantCulture, $"    {register} = {target.State.YmmHigh(n)[1]:x16} {target.State.YmmHigh(n)[0]:x16} {target.State.XmmLow(n)[1]:x16} {target.State.XmmLow(n)[0]:x16}");
        }
        else if (register.IsST() || register.IsMM())
        {
            int n = register.IsST() ? register - Register.ST0 : (register - Register.MM0 - (target.State.StatusWord >> 11)) & 7;
            text.AppendLine(CultureInfo.InvariantCulture, $"    {register} = {target.State.Stack(n)[1] & 0xFFFF:x4} {target.State.Stack(n)[0]:x16}");
        }
    }

    private static void Images(StringBuilder text, Case target, Comparer c)
    {
        for (int quad = 0; quad < 104; quad++)
        {
            if (Comparer.ImageDifference(c.Expected, c.Actual, quad) != 0)
            {
                string name = quad switch
                {
                    0 => "fcw/fsw/ftw",
                    3 => "mxcsr",
                    < 20 => $"st{(quad - 4) / 2}.{quad & 1}",
                    < 52 => $"xmm{(quad - 20) / 2}.{quad & 1}",
                    _ => $"ymmh{(quad - 72) / 2}.{quad & 1}",
                };
                Line(text, name, target.State.Xsave[quad], c.Expected.Xsave[quad], c.Actual.Xsave[quad]);
            }
        }
    }

    private static void Memory(StringBuilder text, Case target, Comparer c)
    {
        for (int i = 0; i < target.Pokes; i++)
        {
            string bytes = Convert.ToHexString(target.Poke(i)[..Math.Min(32, target.PokeSize[i])]);
            text.AppendLine(CultureInfo.InvariantCulture, $"    [0x{target.PokeAddress[i]:x}] {target.PokeSize[i]} bytes = {bytes}");
        }

        if (c.MemoryDifference >= 0)
        {
            int at = c.MemoryDifference;
            ulong address = at < Arena.DataSize ? Arena.Data + (ulong)at : Arena.Mixed + (ulong)(at - Arena.DataSize);
            text.AppendLine(CultureInfo.InvariantCulture, $"  memory at 0x{address:x}: {Convert.ToHexString(c.ExpectedBytes)} | {Convert.ToHexString(c.ActualBytes)}");
        }
    }

    private static void Line(StringBuilder text, string name, ulong before, ulong expected, ulong actual)
    {
        if (expected != actual)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name}: before {before:x}  host {expected:x} | ours {actual:x}");
        }
    }
}
