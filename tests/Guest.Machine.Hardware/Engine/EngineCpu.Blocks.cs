using Guest.Machine.X86.Translate;

namespace Guest.Machine.Hardware.Engine;

/// <content>Running the instruction under test in a block of emitted code.</content>
public sealed partial class EngineCpu
{
    // More than the longest surroundings retire, and so much that the budget's end, which the translator interprets, is never reached.
    private const ulong Far = 4096;

    private const int Breakpoint = 3, PageFault = 14;
    private readonly Translator? translator;
    private readonly Surroundings surroundings = new();
    private readonly byte[] dataBefore = new byte[Arena.DataSize];
    private readonly byte[] mixedBefore = new byte[Arena.MixedSize];

    /// <summary>Cases in which emitted code executed the instruction.</summary>
    public long Translated { get; private set; }

    private bool IsTranslated => translator is not null && mode == CpuMode.Long;

    private void SetBlock(ulong address, ReadOnlySpan<byte> instruction)
    {
        surroundings.Make(address, instruction);
        codeAddress = surroundings.Address;
        codeLength = surroundings.Bytes.Length;
        Write(codeAddress, surroundings.Bytes);
    }

    // Null where a branch led back into the block, perhaps between two instructions that undo each other: then it is to be run again, alone.
    private Outcome? RunBlock(ref CpuSnapshot state)
    {
        Data.CopyTo(dataBefore);
        Mixed.CopyTo(mixedBefore);
        CpuSnapshot after = state;
        after.Rip = surroundings.Address;
        StateCopy.Load(cpu, after);
        Outcome outcome = RunToEnd(ref after, state.Rip);
        UserMachine.EnterUserMode(cpu, mode);
        if (outcome.Vector == Outcome.Unusable)
        {
            PutBack();
            return null;
        }

        state = after;
        return outcome;
    }

    // A call that led back pushed until a page was missing, wherever the stack pointer led: over the code, too.
    private void PutBack()
    {
        dataBefore.CopyTo(Data);
        mixedBefore.CopyTo(Mixed);
        Fill();
        Write(codeAddress, surroundings.Bytes);
    }

    private Outcome RunToEnd(ref CpuSnapshot after, ulong address)
    {
        ulong start = cpu.State.Retired;
        long interpreted = translator!.Statistics.Interpreted;
        long untranslated = translator.Statistics.Untranslated;
        do
        {
            translator.Run(start + Far);
        }
        while (!cpu.State.Halted && cpu.State.Retired < start + Far);

        if (!cpu.State.Halted)
        {
            return new Outcome(Outcome.Unusable, 0, 0);
        }

        StateCopy.Store(cpu, ref after);
        Outcome end = Fault(ref after);
        Outcome outcome = Ended(end, ref after, address, (long)(cpu.State.Retired - start) - 1);

        // HLT and the breakpoint are always the interpreter's.
        bool isEmitted = translator.Statistics.Interpreted - interpreted == (end.Vector == Breakpoint ? 2 : 1) && translator.Statistics.Untranslated == untranslated;
        Translated += isEmitted && outcome == Outcome.Completed ? 1 : 0;
        return outcome;
    }

    // What the instruction under test did, from how the whole block ended: by its own fault, or at the breakpoint or the missing page behind it.
    private Outcome Ended(Outcome end, ref CpuSnapshot after, ulong address, long retired)
    {
        int before = surroundings.Before;
        if (retired == before || (retired == before + 1 && end.Vector == Breakpoint && after.Rip == address + 1))
        {
            return end;
        }

        bool all = after.Rip == surroundings.End + (end.Vector == Breakpoint ? 1UL : 0);
        long expected = before + 1 + (all ? surroundings.Behind : 0) + (end.Vector == Breakpoint ? 1 : 0);
        if (retired != expected || end.Vector is not (Breakpoint or PageFault) || (!all && after.Rip - surroundings.Address < (ulong)surroundings.Bytes.Length))
        {
            return new Outcome(Outcome.Unusable, 0, 0);
        }

        after.Rip -= end.Vector == Breakpoint ? 1UL : 0;
        after.Rip -= all ? surroundings.End - surroundings.AfterInstruction : 0;
        return Outcome.Completed;
    }
}
