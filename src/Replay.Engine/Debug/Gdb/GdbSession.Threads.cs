using System.Security;
using System.Text;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Tasks;

namespace Replay.Engine.Debug.Gdb;

/// <content>Threads: which there are, whose registers and memory are shown, which one is stepped.</content>
public sealed partial class GdbSession
{
    private string _shown = "0";
    private string _stepped = "0";

    // Hg: whose registers and memory; Hc: which one 'bs' steps.
    private string Select(string packet)
    {
        if (packet.Length < 3 || packet[1] is not ('g' or 'c') || _threads.Find(packet[2..]) is null)
        {
            return "E01";
        }

        _ = packet[1] == 'g' ? _shown = packet[2..] : _stepped = packet[2..];
        return Done;
    }

    private string IsAlive(string packet) => _threads.Find(packet[1..]) is null ? "E01" : Done;

    // Whose registers are shown: a thread that has gone since gives way to the one that runs.
    private DebuggedThread Shown => _threads.Find(_shown) ?? _threads.Running;

    private DebuggedThread Stepped(string id) => _threads.Find(id) ?? _threads.Running;

    private string ThreadList() => "m" + string.Join(',', _threads.All().Select(thread => thread.IdText));

    private string ThreadsAsXml()
    {
        StringBuilder xml = new("<?xml version=\"1.0\"?><threads>");
        foreach (DebuggedThread thread in _threads.All())
        {
            xml.Append($"<thread id=\"{thread.IdText}\" {(thread.Cpu is { } cpu ? $"core=\"{cpu.Index}\" " : "")}name=\"{SecurityElement.Escape(thread.Name)}\"/>");
        }

        return xml.Append("</threads>").ToString();
    }

    private string ReadAllRegisters()
    {
        StringBuilder values = new();
        Func<int, string> read = RegistersOf(Shown);
        for (int number = 0; number < Registers.All.Count; number++)
        {
            values.Append(read(number));
        }

        return values.ToString();
    }

    private string ReadRegister(string packet) =>
        Hex.TryNumber(packet.AsSpan(1), out ulong number) && number < (ulong)Registers.All.Count ? RegistersOf(Shown)((int)number) : WrongArguments;

    private Func<int, string> RegistersOf(DebuggedThread thread)
    {
        if (thread.Cpu is { } cpu)
        {
            return number => Registers.Read(cpu, number);
        }

        UserRegisters? saved = thread.Task is { } task ? _guest.RegistersOf(task) : null;
        return number => Registers.Read(saved, number);
    }

    // As the thread's vCPU sees it; where none runs it, the memory of the chosen process.
    private int ReadMemory(ulong address, Span<byte> bytes)
    {
        DebuggedThread shown = Shown;
        AddressSpace? memory = (shown.Task is null || shown.Cpu is null) && _process.Find() is { } process ? _guest.MemoryOf(process) : null;
        return _guest.Read(address, bytes, shown.Cpu, memory);
    }

    private string Step(string thread) => StopReply(_stepper.Step(Stepped(thread), null, ToConditions()));

    private string StepThrough(string[] range, string thread) =>
        range is [var first, var behind] && Hex.TryNumber(first, out ulong start) && Hex.TryNumber(behind, out ulong end)
            ? StopReply(_stepper.Step(Stepped(thread), address => address - start < end - start, ToConditions()))
            : WrongArguments;
}
