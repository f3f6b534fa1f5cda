using System.Globalization;
using Guest.Linux;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Elf;
using Guest.Linux.Symbols;
using Guest.Linux.Tasks;
using Guest.Linux.Unwinding;
using Guest.Machine;
using Guest.Machine.X86;

namespace ReplayKit.Cli.Names;

/// <summary>One thread of <c>ps --stacks</c>.</summary>
/// <param name="Tid">The thread.</param>
/// <param name="Name">Its name.</param>
/// <param name="Frames">Its functions, the innermost first.</param>
/// <param name="Missing">Why there are no more; null where the last one is the thread's first function.</param>
internal sealed record PsStack(int Tid, string Name, IReadOnlyList<PsFrame> Frames, string? Missing)
{
    /// <summary>The stacks of a process's threads.</summary>
    public static IReadOnlyList<PsStack> Of(LinuxKernel kernel, Vcpu vcpu, GuestTask process)
    {
        StackReader reader = new(kernel);
        Dictionary<string, FileContent> files = [];
        bool runs = kernel.Tasks.TryFindCurrent(vcpu, out GuestVirtual current);
        return [.. kernel.Tasks.Threads(process).Items.Select(task => Of(kernel, task, runs && task.Address.Value == current.Value ? reader.Of(vcpu) : reader.Of(task), files))];
    }

    private static PsStack Of(LinuxKernel kernel, GuestTask task, CallStack stack, Dictionary<string, FileContent> files)
    {
        AddressSpace? space = kernel.AddressSpaces.Of(task);
        return new PsStack(task.Tid, task.Name, [.. stack.Frames.Select(frame => FrameOf(kernel, space, frame, files))], stack.IsWhole ? null : stack.End);
    }

    private static PsFrame FrameOf(LinuxKernel kernel, AddressSpace? space, StackFrame frame, Dictionary<string, FileContent> files)
    {
        if ((long)frame.Pc.Value < 0)
        {
            KernelSymbol? symbol = kernel.SymbolAt(frame.Inside);
            return PsFrame.Of(frame, symbol is null ? string.Empty : Text(symbol.Name, frame.Pc.Value - symbol.Address.Value), null);
        }

        MappedArea? area = space?.AreaAt(frame.Inside);
        return PsFrame.Of(frame, area?.File is null ? string.Empty : FunctionAt(area, frame, files), area?.Name ?? string.Empty);
    }

    private static string FunctionAt(MappedArea area, StackFrame frame, Dictionary<string, FileContent> files)
    {
        if (!files.TryGetValue(area.Name, out FileContent? known))
        {
            ElfFile? elf = ElfFile.Read(area.File!);
            files.Add(area.Name, known = new FileContent(elf?.Segments ?? [], elf?.Functions() ?? []));
        }

        ulong offset = frame.Inside.Value - area.Start.Value + area.FileOffset;
        ElfSegment? segment = known.Segments.Where(each => offset - each.FileOffset < each.Length).Select(each => (ElfSegment?)each).FirstOrDefault();
        ulong address = segment is { } found ? unchecked(offset - found.FileOffset + found.Address) : offset;
        ElfFunction? function = known.Functions.Where(each => address - each.Address < Math.Max(each.Size, 1)).Select(each => (ElfFunction?)each).FirstOrDefault();
        return function is { } named ? Text(named.Name, address - named.Address + (frame.Pc.Value - frame.Inside.Value)) : string.Empty;
    }

    private static string Text(string name, ulong distance) => string.Create(CultureInfo.InvariantCulture, $"{name}+0x{distance:x}");

    /// <summary>What a file says of itself, as far as it is in the guest's memory.</summary>
    private sealed record FileContent(IReadOnlyList<ElfSegment> Segments, IReadOnlyList<ElfFunction> Functions);
}
