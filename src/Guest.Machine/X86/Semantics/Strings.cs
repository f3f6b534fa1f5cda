using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>MOVS, STOS, LODS, SCAS, CMPS, INS, OUTS and their repetition (Intel SDM 2A and 2B).</summary>
/// <remarks>
/// A repeated instruction works in chunks: up to 4096 iterations, until either operand's next element begins in another page or its offset
/// wraps; an element that crosses a page is a chunk by itself. Where a chunk ends is a function of the registers alone, the same in every engine.
/// </remarks>
internal static partial class Strings
{
    private const ulong MaxChunk = 4096;
    private const byte Rax = 0;
    private const byte RepeatNotEqual = 0xF2;

    internal static InstructionRow[] Rows() =>
    [
        Row<W8, Move>(Code.Movsb_m8_m8),
        Row<W16, Move>(Code.Movsw_m16_m16),
        Row<W32, Move>(Code.Movsd_m32_m32),
        Row<W64, Move>(Code.Movsq_m64_m64),
        Row<W8, Store>(Code.Stosb_m8_AL),
        Row<W16, Store>(Code.Stosw_m16_AX),
        Row<W32, Store>(Code.Stosd_m32_EAX),
        Row<W64, Store>(Code.Stosq_m64_RAX),
        Row<W8, Load>(Code.Lodsb_AL_m8),
        Row<W16, Load>(Code.Lodsw_AX_m16),
        Row<W32, Load>(Code.Lodsd_EAX_m32),
        Row<W64, Load>(Code.Lodsq_RAX_m64),
        Row<W8, Scan>(Code.Scasb_AL_m8),
        Row<W16, Scan>(Code.Scasw_AX_m16),
        Row<W32, Scan>(Code.Scasd_EAX_m32),
        Row<W64, Scan>(Code.Scasq_RAX_m64),
        Row<W8, Compare>(Code.Cmpsb_m8_m8),
        Row<W16, Compare>(Code.Cmpsw_m16_m16),
        Row<W32, Compare>(Code.Cmpsd_m32_m32),
        Row<W64, Compare>(Code.Cmpsq_m64_m64),
        Row<W8, Input>(Code.Insb_m8_DX, ResultKind.System),
        Row<W16, Input>(Code.Insw_m16_DX, ResultKind.System),
        Row<W32, Input>(Code.Insd_m32_DX, ResultKind.System),
        Row<W8, Output>(Code.Outsb_DX_m8, ResultKind.System),
        Row<W16, Output>(Code.Outsw_DX_m16, ResultKind.System),
        Row<W32, Output>(Code.Outsd_DX_m32, ResultKind.System),
    ];

    private static InstructionRow Row<T, TOperation>(Code code, ResultKind result = ResultKind.Host)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation => new(code, Execute<T, TOperation>, Result: result);

    private static void Execute<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation
    {
        TOperation.Check<T>(cpu);
        if (op.Rep != 0)
        {
            Repeat<T, TOperation>(cpu, ref op);
            return;
        }

        StringComparands compared = default;
        TOperation.Element<T>(cpu, ref op, ref compared);
        ref CpuState s = ref cpu.State;
        Advance<T, TOperation>(ref s, ref op, 1);
        SetFlags<T, TOperation>(ref s, compared);
    }

    private static void Repeat<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation
    {
        ref CpuState s = ref cpu.State;
        bool complete = AddressSize.Cut(s.Rcx, op.AddressBits) == 0 || Chunk<T, TOperation>(cpu, ref op);
        s.InRep = !complete;
        if (!complete)
        {
            // Inputs may land here; the instruction retires with its last chunk.
            s.Rip = s.InstructionStart;
            cpu.NoteTry();
            s.Retired--;
            cpu.Attention = true;
            cpu.EndBlock();
        }
    }

    // Returns whether the instruction is complete. Registers are up to date after every element: a fault leaves what was done.
    private static bool Chunk<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation
    {
        ref CpuState s = ref cpu.State;
        bool down = (s.SystemFlags & Flags.DF) != 0;
        StringComparands compared = default;
        bool found = false;
        for (int left = ChunkLength<T, TOperation>(cpu, ref s, ref op, down); left > 0 && !found;)
        {
            int done = left == 1 ? 0 : TOperation.Bulk<T>(cpu, ref op, left, down, ref compared);
            if (done == 0)
            {
                TOperation.Element<T>(cpu, ref op, ref compared);
                done = 1;
            }
            else if (cpu.RunObserver is { } observer)
            {
                Report<T, TOperation>(cpu, ref op, done, down, observer);
            }

            Advance<T, TOperation>(ref s, ref op, done);
            AddressSize.Set(ref s.Rcx, s.Rcx - (ulong)done, op.AddressBits);
            left -= done;
            found = TOperation.Compares && Ends(ref op, compared);
        }

        SetFlags<T, TOperation>(ref s, compared);
        return found || AddressSize.Cut(s.Rcx, op.AddressBits) == 0;
    }

    private static int ChunkLength<T, TOperation>(Vcpu cpu, ref CpuState s, ref Op op, bool down)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation
    {
        ulong length = Math.Min(AddressSize.Cut(s.Rcx, op.AddressBits), cpu.StepsIterations ? 1 : MaxChunk);
        if (TOperation.HasSource)
        {
            length = Math.Min(length, Room<T>(cpu, (SegmentName)op.Segment, s.Rsi, op.AddressBits, down));
        }

        if (TOperation.HasDestination)
        {
            length = Math.Min(length, Room<T>(cpu, SegmentName.Es, s.Rdi, op.AddressBits, down));
        }

        return (int)length;
    }

    // Elements from here on that lie inside this page and before the offset wraps; one that does not is done by itself.
    private static ulong Room<T>(Vcpu cpu, SegmentName segment, ulong register, int bits, bool down)
        where T : struct, IWidth
    {
        ulong offset = AddressSize.Cut(register, bits);
        ulong inPage = cpu.LinearUnchecked(segment, offset) & 0xFFF;
        ulong size = (ulong)T.Bytes;
        ulong afterPage = 0x1000 - inPage;
        ulong afterOffset = AddressSize.Mask(bits) - offset;
        if (afterPage < size || afterOffset < size - 1)
        {
            return 1;
        }

        return down
            ? Math.Min(inPage / size, offset / size) + 1
            : Math.Min(afterPage / size, afterOffset >= 0x1000 ? MaxChunk : (afterOffset + 1) / size);
    }

    private static void Advance<T, TOperation>(ref CpuState s, ref Op op, int elements)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation
    {
        ulong step = (ulong)(elements * T.Bytes);
        if ((s.SystemFlags & Flags.DF) != 0)
        {
            step = 0 - step;
        }

        if (TOperation.HasSource)
        {
            AddressSize.Set(ref s.Rsi, s.Rsi + step, op.AddressBits);
        }

        if (TOperation.HasDestination)
        {
            AddressSize.Set(ref s.Rdi, s.Rdi + step, op.AddressBits);
        }
    }

    private static void Report<T, TOperation>(Vcpu cpu, ref Op op, int elements, bool down, IAccessObserver observer)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation
    {
        bool writes = !TOperation.Compares;
        nint source = 0, destination = 0;
        if ((TOperation.HasSource && !TrySource<T>(cpu, ref op, 1, down, out source))
            || (TOperation.HasDestination && !TryDestination<T>(cpu, ref op, 1, down, writes ? AccessKind.Write : AccessKind.Read, out destination)))
        {
            throw new InvalidOperationException("what a string instruction has accessed cannot be found again");
        }

        if (TOperation.HasSource)
        {
            ulong from = cpu.LinearUnchecked((SegmentName)op.Segment, AddressSize.Cut(cpu.State.Rsi, op.AddressBits));
            observer.AccessedRun(new ElementRun(from, cpu.PhysicalOf(source), T.Bytes, elements, down, IsWrite: false, Alternates: TOperation.HasDestination));
        }

        if (TOperation.HasDestination)
        {
            ulong to = cpu.LinearUnchecked(SegmentName.Es, AddressSize.Cut(cpu.State.Rdi, op.AddressBits));
            observer.AccessedRun(new ElementRun(to, cpu.PhysicalOf(destination), T.Bytes, elements, down, writes, Alternates: false));
        }
    }

    private static bool Ends(ref Op op, in StringComparands compared) =>
        (compared.First == compared.Second) == (op.Rep == RepeatNotEqual);

    private static void SetFlags<T, TOperation>(ref CpuState s, in StringComparands compared)
        where T : struct, IWidth
        where TOperation : struct, IStringOperation
    {
        if (TOperation.Compares)
        {
            Flags.Sub<T>(ref s, compared.First, compared.Second, compared.First - compared.Second);
        }
    }

    private static ulong SourceAddress<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => cpu.Linear((SegmentName)op.Segment, AddressSize.Cut(cpu.State.Rsi, op.AddressBits), T.Bytes, write: false);

    private static ulong DestinationAddress<T>(Vcpu cpu, ref Op op, bool write)
        where T : struct, IWidth => cpu.Linear(SegmentName.Es, AddressSize.Cut(cpu.State.Rdi, op.AddressBits), T.Bytes, write);
}
