using System.Buffers.Binary;
using Guest.Machine.X86.Decode;
using static Guest.Machine.X86.ControlBits;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>x87 control instructions: words, environments, whole states (Intel SDM 1 8.1).</summary>
/// <remarks>Pointers are zero, so that all four formats of an environment differ in their size alone.</remarks>
internal static class X87Control
{
    private const int RegisterBytes = 80;

    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Fninit, Initialize),
        new(Fnclex, ClearExceptions),
        new(Fnop, Wait),
        new(Iced.Intel.Code.Wait, WaitAlone),
        new(Fneni, Nothing),
        new(Fndisi, Nothing),
        new(Fnsetpm, Nothing),
        new(Fnstcw_m2byte, null, StoreControl),
        new(Fnstsw_m2byte, null, StoreStatus),
        new(Fnstsw_AX, StoreStatusToAx),
        new(Fldcw_m2byte, null, LoadControl),
        new(Fnstenv_m14byte, null, StoreEnvironment, ResultKind.Defined),
        new(Fnstenv_m28byte, null, StoreEnvironment, ResultKind.Defined),
        new(Fldenv_m14byte, null, LoadEnvironment, ResultKind.Defined),
        new(Fldenv_m28byte, null, LoadEnvironment, ResultKind.Defined),
        new(Fnsave_m94byte, null, SaveAll, ResultKind.Defined),
        new(Fnsave_m108byte, null, SaveAll, ResultKind.Defined),
        new(Frstor_m94byte, null, RestoreAll, ResultKind.Defined),
        new(Frstor_m108byte, null, RestoreAll, ResultKind.Defined),
    ];

    private static void Initialize(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87Available();
        X87State.Initialize(ref cpu.State);
    }

    private static void ClearExceptions(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87Available();
        ref CpuState s = ref cpu.State;
        const int Cleared = X87.Exceptions | X87.StackFault | X87.ErrorSummary | X87.Busy;
        X87State.SetWords(ref s, X87State.Control(ref s), (ushort)(X87State.Status(ref s) & ~Cleared), X87State.Tags(ref s));
    }

    private static void Wait(Vcpu cpu, ref Op op) => cpu.CheckX87();

    // WAIT looks at CR0.MP and TS, not at EM (Intel SDM 3A 2.5).
    private static void WaitAlone(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        if ((s.Cr0 & (Cr0Mp | Cr0Ts)) == (Cr0Mp | Cr0Ts))
        {
            cpu.Raise(Vector.NM);
        }

        if (X87State.IsPending(ref s))
        {
            cpu.RaiseX87Error();
        }
    }

    private static void Nothing(Vcpu cpu, ref Op op) => cpu.CheckX87Available();

    private static void StoreControl(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87Available();
        cpu.Store(cpu.Address(ref op), X87State.Control(ref cpu.State));
    }

    private static void StoreStatus(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87Available();
        cpu.Store(cpu.Address(ref op), X87State.Status(ref cpu.State));
    }

    private static void StoreStatusToAx(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87Available();
        ref CpuState s = ref cpu.State;
        s.Rax = (s.Rax & ~0xFFFFUL) | X87State.Status(ref s);
    }

    private static void LoadControl(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        ushort control = cpu.Load<ushort>(cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        X87State.SetWords(ref s, control, X87State.Status(ref s), X87State.Tags(ref s));
    }

    private static void StoreEnvironment(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87Available();
        Span<byte> bytes = stackalloc byte[op.MemorySize];
        WriteEnvironment(ref cpu.State, bytes);
        StoreArea(cpu, ref op, bytes);
        ref CpuState s = ref cpu.State;
        X87State.SetWords(ref s, (ushort)(X87State.Control(ref s) | X87.Exceptions), X87State.Status(ref s), X87State.Tags(ref s));
    }

    private static void LoadEnvironment(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        Span<byte> bytes = stackalloc byte[op.MemorySize];
        LoadArea(cpu, ref op, bytes);
        ReadEnvironment(ref cpu.State, bytes);
    }

    private static void SaveAll(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87Available();
        Span<byte> bytes = stackalloc byte[op.MemorySize];
        int registersAt = bytes.Length - RegisterBytes;
        WriteEnvironment(ref cpu.State, bytes[..registersAt]);
        ReadOnlySpan<byte> slots = X87State.Bytes(ref cpu.State)[32..];
        for (int i = 0; i < 8; i++)
        {
            slots.Slice(16 * i, 10).CopyTo(bytes[(registersAt + (10 * i))..]);
        }

        StoreArea(cpu, ref op, bytes);
        X87State.Initialize(ref cpu.State);
    }

    private static void RestoreAll(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        Span<byte> bytes = stackalloc byte[op.MemorySize];
        LoadArea(cpu, ref op, bytes);
        int registersAt = bytes.Length - RegisterBytes;
        ReadEnvironment(ref cpu.State, bytes[..registersAt]);
        Span<byte> slots = X87State.Bytes(ref cpu.State)[32..];
        for (int i = 0; i < 8; i++)
        {
            bytes.Slice(registersAt + (10 * i), 10).CopyTo(slots[(16 * i)..]);
        }
    }

    // 28 and 108 bytes have doublewords, 14 and 94 have words.
    private static bool IsWide(int bytes) => bytes is 28 or 108;

    private static void LoadArea(Vcpu cpu, ref Op op, Span<byte> bytes)
    {
        ulong address = cpu.Address(ref op);
        cpu.ProbeArea(address, bytes.Length, IsWide(bytes.Length) ? 4 : 2, AccessKind.Read);
        cpu.LoadBytes(address, bytes);
    }

    private static void StoreArea(Vcpu cpu, ref Op op, ReadOnlySpan<byte> bytes)
    {
        ulong address = cpu.Address(ref op);
        cpu.ProbeArea(address, bytes.Length, IsWide(bytes.Length) ? 4 : 2, AccessKind.Write);
        cpu.StoreBytes(address, bytes);
    }

    // Seven words, or seven doublewords whose upper halves are ones where the first three and the last are concerned.
    private static void WriteEnvironment(ref CpuState s, Span<byte> bytes)
    {
        int step = IsWide(bytes.Length) ? 4 : 2;
        if (step == 4)
        {
            foreach (int at in (ReadOnlySpan<int>)[0, 4, 8, 24])
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], 0xFFFF_0000);
            }
        }

        BinaryPrimitives.WriteUInt16LittleEndian(bytes, X87State.Control(ref s));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[step..], X87State.Status(ref s));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * step)..], X87State.FullTags(ref s));
    }

    private static void ReadEnvironment(ref CpuState s, ReadOnlySpan<byte> bytes)
    {
        int step = IsWide(bytes.Length) ? 4 : 2;
        X87State.SetEnvironment(
            ref s,
            BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[step..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * step)..]));
    }
}
