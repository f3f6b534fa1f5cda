using System.IO.Compression;
using Iced.Intel;
using Replay.Engine.Observe;
using Trace.Export.Streams;

namespace Trace.Export.ChampSim;

/// <summary>Writes traces that ChampSim reads: a file for each vCPU, compressed by gzip.</summary>
/// <param name="folder">Where the files go; it exists.</param>
public sealed class ChampSimStream(string folder) : ITraceStream
{
    private static readonly int[] s_sizes = [64, 32, 16];
    private readonly Dictionary<int, GZipStream> _files = [];
    private readonly Dictionary<(ulong Space, ulong Pc), (byte[] Written, byte[] Read)> _registers = [];
    private readonly InstructionInfoFactory _info = new();
    private readonly ChampSimRecord _record = new();
    private readonly byte[] _bytes = new byte[ChampSimRecord.Bytes];

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [.. _files.Keys.Order().Select(PathOf)];

    /// <inheritdoc/>
    public void Take(in StreamedInstruction instruction)
    {
        if (!_files.TryGetValue(instruction.Instruction.Vcpu, out GZipStream? file))
        {
            _files.Add(instruction.Instruction.Vcpu, file = new GZipStream(new FileStream(PathOf(instruction.Instruction.Vcpu), FileMode.CreateNew), CompressionLevel.Fastest));
        }

        Fill(instruction);
        _record.Write(_bytes);
        file.Write(_bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GZipStream file in _files.Values)
        {
            file.Dispose();
        }
    }

    private string PathOf(int vcpu) => Path.Combine(folder, $"vcpu{vcpu}.champsimtrace.gz");

    private void Fill(in StreamedInstruction streamed)
    {
        InstructionEvent instruction = streamed.Instruction;
        _record.Clear();
        _record.Ip = instruction.Pc.Value;
        (byte[] written, byte[] read) = RegistersOf(streamed);
        _record.WrittenRegisters.AddRange(written);
        _record.ReadRegisters.AddRange(read);
        _record.IsBranch = written.Contains(ChampSimRegisters.InstructionPointer);
        _record.IsTaken = _record.IsBranch && streamed.Target.Value != instruction.Pc.Value + instruction.Length;
        foreach (ref readonly AccessEvent access in streamed.Accesses)
        {
            (access.IsWrite ? _record.WrittenMemory : _record.ReadMemory).Add(access.Linear.Value);
        }
    }

    private (byte[] Written, byte[] Read) RegistersOf(in StreamedInstruction streamed)
    {
        InstructionEvent instruction = streamed.Instruction;
        (ulong, ulong) key = (instruction.Ring == 0 ? 0 : instruction.Space.Value, instruction.Pc.Value);
        if (!_registers.TryGetValue(key, out (byte[] Written, byte[] Read) registers))
        {
            _registers.Add(key, registers = Decode(streamed));
        }

        return registers;
    }

    // ChampSim tells the kinds of branches by which of RSP, RFLAGS, RIP and other registers they read and write.
    private (byte[] Written, byte[] Read) Decode(in StreamedInstruction streamed)
    {
        (List<byte> written, List<byte> read) = Used(streamed);
        byte other = read.Find(register => register is not (ChampSimRegisters.StackPointer or ChampSimRegisters.Flags or ChampSimRegisters.InstructionPointer));
        other = other == 0 ? ChampSimRegisters.Unknown : other;
        return Flow.Of(streamed.Instruction.Code) switch
        {
            FlowControl.UnconditionalBranch => ([ChampSimRegisters.InstructionPointer], []),
            FlowControl.IndirectBranch => ([ChampSimRegisters.InstructionPointer], [other]),
            FlowControl.ConditionalBranch => ([ChampSimRegisters.InstructionPointer], [ChampSimRegisters.InstructionPointer, ChampSimRegisters.Flags]),
            FlowControl.Call => ([ChampSimRegisters.InstructionPointer, ChampSimRegisters.StackPointer], [ChampSimRegisters.InstructionPointer, ChampSimRegisters.StackPointer]),
            FlowControl.IndirectCall =>
                ([ChampSimRegisters.InstructionPointer, ChampSimRegisters.StackPointer], [ChampSimRegisters.InstructionPointer, ChampSimRegisters.StackPointer, other]),
            FlowControl.Return => ([ChampSimRegisters.InstructionPointer, ChampSimRegisters.StackPointer], [ChampSimRegisters.StackPointer]),
            _ => ([.. written], [.. read]),
        };
    }

    private (List<byte> Written, List<byte> Read) Used(in StreamedInstruction streamed)
    {
        List<byte> written = [];
        List<byte> read = [];
        if (streamed.Bytes.IsEmpty)
        {
            return (written, read);
        }

        Instruction instruction = DecodedAs(streamed.Instruction.Code, streamed.Bytes.ToArray());
        foreach (UsedRegister used in _info.GetInfo(instruction).GetUsedRegisters())
        {
            byte number = ChampSimRegisters.Of(used.Register);
            bool writes = used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
            AddOnce(written, number, writes);
            AddOnce(read, number, used.Access is not (OpAccess.Write or OpAccess.CondWrite or OpAccess.NoMemAccess));
        }

        AddOnce(written, ChampSimRegisters.Flags, instruction.RflagsModified != RflagsBits.None);
        AddOnce(read, ChampSimRegisters.Flags, instruction.RflagsRead != RflagsBits.None);
        return (written, read);
    }

    // The form says which size of code the bytes are of.
    private static Instruction DecodedAs(Code code, byte[] bytes)
    {
        Instruction instruction = default;
        foreach (int bits in s_sizes)
        {
            instruction = Decoder.Create(bits, bytes).Decode();
            if (instruction.Code == code)
            {
                break;
            }
        }

        return instruction;
    }

    private static void AddOnce(List<byte> list, byte number, bool applies)
    {
        if (applies && !list.Contains(number))
        {
            list.Add(number);
        }
    }
}
