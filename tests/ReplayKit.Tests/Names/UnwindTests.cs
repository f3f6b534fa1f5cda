using System.Buffers.Binary;
using Guest.Linux;
using Guest.Linux.Unwinding;
using Guest.Machine;
using Guest.Machine.X86;
using Replay.Engine;
using Replay.Log;

namespace ReplayKit.Tests.Names;

/// <summary>The kernel's unwind tables: from wherever its code stands they lead down to a program, or to a thread's first function.</summary>
[Collection(nameof(NamesCollection))]
public sealed class UnwindTests(NamesGuest guest)
{
    private const int Positions = 400, MostFrames = 200, WordBytes = 8;

    [Theory]
    [MemberData(nameof(NamesGuest.Kernels), MemberType = typeof(NamesGuest))]
    public void From_random_positions_in_the_kernel_the_callers_lead_to_a_program_or_a_threads_beginning(string version)
    {
        RecordingFolder recording = RecordingFolder.Open(guest.Recording(version));
        ulong end = recording.Summary.Last.Retired;
        Random random = new(1);
        using Replayer replayer = new(recording, new NoConsole());
        LinuxGuest linux = new(replayer.Machine.Memory);
        IReadOnlyList<OrcRow>? rows = null;
        Dictionary<string, int> ends = [];
        foreach (ulong position in Enumerable.Range(0, Positions).Select(_ => (ulong)random.NextInt64((long)(end / 2), (long)end)).Order())
        {
            replayer.Run(new Position(0, position));
            Vcpu cpu = replayer.Machine.Cpu;
            if (cpu.State.Cpl != 0 || linux.Look(cpu) is not { } kernel)
            {
                continue;
            }

            OrcReader reader = new(kernel);
            rows ??= reader.Kernel();
            Assert.True(rows.Count > 100_000, $"{rows.Count} rows");
            string bottom = Bottom(kernel, cpu.State, [rows, .. kernel.Modules.All().Items.Select(reader.Of)]);
            ends[bottom] = ends.GetValueOrDefault(bottom) + 1;
        }

        string all = string.Join(", ", ends.Select(pair => $"{pair.Key} {pair.Value}"));
        Assert.True(ends.Values.Sum() > 50, all);
        Assert.True(ends.Keys.All(bottom => bottom is "a program" or "ret_from_fork" or "ret_from_fork_asm" or "secondary_startup_64_no_verify" or "the first frame"), all);
        Assert.True(ends.GetValueOrDefault("the first frame") * 20 < ends.Values.Sum(), all);
    }

    // Follows the rows as the kernel's own unwinder does (arch/x86/kernel/unwind_orc.c).
    private static string Bottom(LinuxKernel kernel, in CpuState state, IReadOnlyList<IReadOnlyList<OrcRow>> tables)
    {
        (ulong ip, ulong sp, ulong bp) = (state.Rip, state.Rsp, state.Rbp);
        bool isExact = true;
        for (int frame = 0; frame < MostFrames; frame++)
        {
            if ((long)ip >= 0)
            {
                return "a program";
            }

            OrcRow row = Find(tables, isExact ? ip : ip - 1);
            if (row.Frame == OrcFrame.None)
            {
                return frame == 0 ? "the first frame" : kernel.SymbolAt(new GuestVirtual(ip - 1))?.Name ?? "nowhere";
            }

            ulong at = row.StackBase switch
            {
                OrcBase.Rsp => sp + (ulong)row.StackOffset,
                OrcBase.Rbp => bp + (ulong)row.StackOffset,
                OrcBase.AtRsp => Word(kernel, sp) + (ulong)row.StackOffset,
                OrcBase.AtRbp => Word(kernel, bp + (ulong)row.StackOffset),
                OrcBase.R10 => state.R10,
                OrcBase.R13 => state.R13,
                OrcBase.Rdi => state.Rdi,
                _ => state.Rdx,
            };
            isExact = row.Frame != OrcFrame.Call;
            bp = row.Frame == OrcFrame.Registers ? Word(kernel, at + (4 * WordBytes)) : row.FrameBase switch
            {
                OrcBase.Frame => Word(kernel, at + (ulong)row.FrameOffset),
                OrcBase.Rbp => Word(kernel, bp + (ulong)row.FrameOffset),
                _ => bp,
            };
            (ip, sp) = row.Frame switch
            {
                OrcFrame.Call => (Word(kernel, at - WordBytes), at),
                OrcFrame.Registers => (Word(kernel, at + (16 * WordBytes)), Word(kernel, at + (19 * WordBytes))),
                _ => (Word(kernel, at), Word(kernel, at + (3 * WordBytes))),
            };
        }

        return "in a circle";
    }

    private static OrcRow Find(IReadOnlyList<IReadOnlyList<OrcRow>> tables, ulong address)
    {
        foreach (IReadOnlyList<OrcRow> rows in tables.Where(rows => rows.Count > 0 && rows[0].Address <= address && address < rows[^1].Address))
        {
            (int low, int high) = (0, rows.Count - 1);
            while (high - low > 1)
            {
                int middle = (low + high) / 2;
                (low, high) = rows[middle].Address <= address ? (middle, high) : (low, middle);
            }

            return rows[low];
        }

        return default;
    }

    private static ulong Word(LinuxKernel kernel, ulong address)
    {
        byte[] word = new byte[WordBytes];
        return kernel.Memory.TryRead(new GuestVirtual(address), word) ? BinaryPrimitives.ReadUInt64LittleEndian(word) : 0;
    }
}
