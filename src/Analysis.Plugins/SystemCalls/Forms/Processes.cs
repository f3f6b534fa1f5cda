using System.Buffers.Binary;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments of calls about processes and their memory.</summary>
internal static class Processes
{
    private const uint FutexPrivate = 0x80;
    private const uint FutexRealTime = 0x100;
    private const int CloneBytes = 64;
    private const ulong SetName = 15;
    private const ulong GetName = 16;
    private const int MostName = 15;
    private const ulong ThreadArea = 0x8_0000;
    private const ulong ParentPlace = 0x10_0000;
    private const ulong ChildPlaces = 0x120_0000;

    /// <summary>All arguments of clone(), in the order in which strace shows them.</summary>
    internal static readonly ArgumentForm Clone = new(AddOldClone);

    /// <summary>The structure of clone3().</summary>
    internal static readonly ArgumentForm CloneArguments = new(AddClone);

    /// <summary>How a child has ended.</summary>
    internal static readonly ArgumentForm Status = new(AddStatus, AtExit: true);

    /// <summary>All arguments of futex() behind the address: which of them there are depends on what it does.</summary>
    internal static readonly ArgumentForm Futex = new(text =>
    {
        uint operation = (uint)text.Argument(1);
        uint command = operation & 0x7F;
        text.AddPointer(text.Value).Add(", ").Add(Constants.Futex.Name(command)).Add((operation & FutexPrivate) != 0 ? "_PRIVATE" : string.Empty);
        text.Add((operation & FutexRealTime) != 0 ? "|FUTEX_CLOCK_REALTIME" : string.Empty);
        if (command is not (6 or 7 or 8))
        {
            text.Add(", ").AddUnsigned((uint)text.Argument(2));
        }

        if (command is 0 or 6 or 9 or 11)
        {
            Times.Add(text.Add(", "), text.Argument(3), "tv_nsec");
        }
        else if (command is 3 or 4 or 5 or 12)
        {
            text.Add(", ").AddUnsigned((uint)text.Argument(3)).Add(", ").AddPointer(text.Argument(4));
        }

        if (command is 4 or 5 or 12)
        {
            text.Add(", ").AddHex((uint)text.Argument(5));
        }
        else if (command is 9 or 10)
        {
            text.Add(", ").Add((uint)text.Argument(5) == uint.MaxValue ? "FUTEX_BITSET_MATCH_ANY" : $"0x{(uint)text.Argument(5):x}");
        }
    });

    /// <summary>A limit.</summary>
    internal static readonly ArgumentForm Limit = new(AddLimit);

    /// <summary>A limit that the call filled in.</summary>
    internal static readonly ArgumentForm LimitOut = new(AddLimit, AtExit: true);

    /// <summary>The kernel's name.</summary>
    internal static readonly ArgumentForm Names = new(
        text =>
        {
            if (text.ReadOrPointer(text.Value, 130) is { } names)
            {
                text.Add("{sysname=").Add(Name(names)).Add(", nodename=").Add(Name(names.AsSpan(65))).Add(", ...}");
            }
        },
        AtExit: true);

    /// <summary>The name that prctl() gives or takes, or another argument of it.</summary>
    internal static readonly ArgumentForm ControlValue = new(
        text =>
        {
            if (text.Argument(0) is SetName or GetName)
            {
                Texts.AddTerminated(text, text.Value, MostName);
            }
            else
            {
                text.AddHex(text.Value);
            }
        },
        AtExit: true);

    private static void AddOldClone(ArgumentText text)
    {
        ulong all = text.Value;
        ulong flags = all & ~0xFFul;
        string signal = (all & 0xFF) == 0 ? string.Empty : Signals.Name((uint)all & 0xFF);
        text.Add("child_stack=").AddPointer(text.Argument(1));
        text.Add(", flags=").Add(flags == 0 ? signal.Length == 0 ? "0" : signal : Constants.Clone.Bits(flags) + (signal.Length == 0 ? string.Empty : "|" + signal));
        (ulong childPlace, ulong threadArea) = text.Is64 ? (text.Argument(3), text.Argument(4)) : (text.Argument(4), text.Argument(3));
        _ = (all & ParentPlace) == 0 ? text : text.Add(", parent_tid=").AddPointer(text.Argument(2));
        _ = (all & ThreadArea) == 0 ? text : text.Add(", tls=").AddPointer(threadArea);
        _ = (all & ChildPlaces) == 0 ? text : text.Add(", child_tidptr=").AddPointer(childPlace);
    }

    private static string Name(ReadOnlySpan<byte> field)
    {
        int end = field[..65].IndexOf((byte)0);
        return Texts.Quoted(field[..(end < 0 ? 65 : end)]);
    }

    private static void AddLimit(ArgumentText text)
    {
        if (!text.Is64)
        {
            text.AddPointer(text.Value);
        }
        else if (text.ReadOrPointer(text.Value, 16) is { } limit)
        {
            AddLimit(text.Add("{rlim_cur="), BinaryPrimitives.ReadUInt64LittleEndian(limit));
            AddLimit(text.Add(", rlim_max="), BinaryPrimitives.ReadUInt64LittleEndian(limit.AsSpan(8)));
            text.Add("}");
        }
    }

    private static void AddLimit(ArgumentText text, ulong limit)
    {
        _ = limit == ulong.MaxValue ? text.Add("RLIM64_INFINITY")
            : limit > 1024 && limit % 1024 == 0 ? text.AddUnsigned(limit / 1024).Add("*1024")
            : text.AddUnsigned(limit);
    }

    private static void AddStatus(ArgumentText text)
    {
        if ((text.Result ?? 0) == 0)
        {
            text.AddPointer(text.Value);
            return;
        }

        if (text.ReadOrPointer(text.Value, 4) is not { } bytes)
        {
            return;
        }

        uint status = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint signal = status & 0x7F;
        string dumped = (status & 0x80) != 0 ? " && WCOREDUMP(s)" : string.Empty;
        text.Add(signal == 0 ? $"[{{WIFEXITED(s) && WEXITSTATUS(s) == {(status >> 8) & 0xFF}}}]"
            : signal == 0x7F ? status == 0xFFFF ? "[{WIFCONTINUED(s)}]" : $"[{{WIFSTOPPED(s) && WSTOPSIG(s) == {Signals.Name((status >> 8) & 0xFF)}}}]"
            : $"[{{WIFSIGNALED(s) && WTERMSIG(s) == {Signals.Name(signal)}{dumped}}}]");
    }

    private static void AddClone(ArgumentText text)
    {
        if (text.ReadOrPointer(text.Value, CloneBytes) is not { } bytes)
        {
            return;
        }

        ulong Word(int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at * 8));
        text.Add("{flags=").Add(Constants.Clone.Bits(Word(0)));
        if (Word(2) != 0)
        {
            text.Add(", child_tid=").AddPointer(Word(2));
        }

        if (Word(3) != 0)
        {
            text.Add(", parent_tid=").AddPointer(Word(3));
        }

        text.Add(", exit_signal=").Add(Word(4) == 0 ? "0" : Signals.Name((uint)Word(4))).Add(", stack=").AddPointer(Word(5)).Add(", stack_size=").AddHex(Word(6));
        _ = Word(7) == 0 ? text : text.Add(", tls=").AddPointer(Word(7));
        text.Add("}");
    }
}
