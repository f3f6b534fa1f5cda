using Guest.Machine;
using Iced.Intel;
using Trace.Export.Tables;

namespace Parquet.Bench;

/// <summary>A trace like a real one: a random walk through the code of a program of this host, branch by branch, with plausible accesses.</summary>
internal sealed class SyntheticTrace
{
    private const ulong Base = 0x5555_5555_0000;
    private const ulong Asid = 0x1_0a54_3000;
    private static readonly double[] TakenOften = [0.02, 0.1, 0.3, 0.7, 0.9, 0.97];
    private readonly Instruction[] _code;
    private readonly InstructionKind[] _kinds;
    private readonly bool[] _touchesMemory;
    private readonly int[] _indexAt;
    private readonly double[] _taken;
    private readonly Random _random = new(1);
    private readonly Stack<int> _returns = new();
    private readonly ulong[] _bases = new ulong[256];

    /// <summary>Decodes a file's bytes one instruction after the other.</summary>
    public SyntheticTrace(string program)
    {
        byte[] bytes = File.ReadAllBytes(program);
        int start = bytes.Length / 4;
        bytes = bytes[start..(start + Math.Min(600_000, bytes.Length / 2))];
        List<Instruction> code = [];
        _indexAt = new int[bytes.Length + 16];
        Decoder decoder = Decoder.Create(64, bytes, Base);
        while (decoder.IP < Base + (ulong)bytes.Length)
        {
            Instruction instruction = decoder.Decode();
            _indexAt[instruction.IP - Base] = code.Count;
            code.Add(instruction);
        }

        InstructionClassifier classifier = new();
        _code = [.. code];
        _kinds = [.. code.Select(instruction => classifier.Classify(instruction))];
        _touchesMemory = [.. _kinds.Select(kind => kind is InstructionKind.Load or InstructionKind.Store or InstructionKind.Update or InstructionKind.Call or InstructionKind.Ret)];
        _taken = [.. code.Select(_ => TakenOften[_random.Next(TakenOften.Length)])];
        for (int i = 0; i < _bases.Length; i++)
        {
            _bases[i] = 0x7f00_0000_0000UL + ((ulong)_random.Next(1 << 20) << 12);
        }
    }

    /// <summary>That many instructions and the accesses they make.</summary>
    public (InstructionRow[] Instructions, AccessRow[] Accesses) Walk(int count)
    {
        InstructionRow[] instructions = new InstructionRow[count];
        List<AccessRow> accesses = [];
        ulong stack = 0x7ffc_1234_5000;
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            ref readonly Instruction instruction = ref _code[at];
            ulong order = 1_000_000_000 + (ulong)i;
            instructions[i] = new InstructionRow(
                order, order, new GuestVirtual(instruction.IP), new GuestPhysical(Asid), instruction.Code, 0, 3, _kinds[at]);
            if (_touchesMemory[at])
            {
                accesses.Add(Access(order, instruction, _kinds[at], stack));
            }

            at = Next(at, instruction);
        }

        return (instructions, [.. accesses]);
    }

    private AccessRow Access(ulong order, in Instruction instruction, InstructionKind kind, ulong stack)
    {
        bool onStack = instruction.MemoryBase is Register.RSP or Register.RBP or Register.None;
        ref ulong heap = ref _bases[(int)instruction.MemoryBase & 0xFF];
        heap += (ulong)_random.Next(3) * 8;
        ulong address = (onStack ? stack - ((ulong)_returns.Count * 64) : heap) + (instruction.MemoryDisplacement64 & 0xFF8);
        int size = Math.Clamp(instruction.MemorySize.GetSize(), 1, 8);
        ulong value = _random.Next(3) switch { 0 => 0, 1 => (ulong)_random.Next(1000), _ => 0x7f00_0000_0000UL + (ulong)_random.NextInt64(1 << 24) };
        AccessDirection direction = kind is InstructionKind.Store or InstructionKind.Call ? AccessDirection.Write : AccessDirection.Read;
        return new AccessRow(
            order, order, new GuestVirtual(address), new GuestPhysical(address & 0x1FFF_FFFF), value & (ulong.MaxValue >> (64 - (8 * size))), 0, 0, (byte)size, direction);
    }

    private int Next(int at, in Instruction instruction)
    {
        int next = at + 1 < _code.Length ? at + 1 : 0;
        switch (_kinds[at])
        {
            case InstructionKind.Branch:
                return _random.NextDouble() < _taken[at] ? Target(instruction, next) : next;
            case InstructionKind.Jump:
                return Target(instruction, next);
            case InstructionKind.Call when _returns.Count < 40:
                _returns.Push(next);
                return Target(instruction, next);
            case InstructionKind.Ret:
                return _returns.Count > 0 ? _returns.Pop() : _random.Next(_code.Length);
            default:
                return _random.Next(1_000) == 0 ? _random.Next(_code.Length) : next;
        }
    }

    private int Target(in Instruction instruction, int next)
    {
        ulong offset = instruction.NearBranchTarget - Base;
        return instruction.NearBranchTarget != 0 && offset < (ulong)_indexAt.Length ? _indexAt[offset] : next;
    }
}
