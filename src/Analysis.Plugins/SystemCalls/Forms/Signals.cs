using System.Buffers.Binary;
using System.Numerics;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments of calls about signals.</summary>
internal static class Signals
{
    private const int First = 32;
    private const ulong Restorer = 0x400_0000;

    /// <summary>A signal's number.</summary>
    internal static readonly ArgumentForm Number = new(text => text.Add(Name((uint)text.Value)));

    /// <summary>A set of signals.</summary>
    internal static readonly ArgumentForm Set = new(text => AddSet(text, text.Value));

    /// <summary>A set of signals that the call filled in.</summary>
    internal static readonly ArgumentForm SetOut = new(text => AddSet(text, text.Value), AtExit: true);

    /// <summary>What is done on a signal.</summary>
    internal static readonly ArgumentForm Action = new(AddAction);

    /// <summary>What was done on a signal, filled in by the call.</summary>
    internal static readonly ArgumentForm ActionOut = new(AddAction, AtExit: true);

    /// <summary>The name of a signal.</summary>
    internal static string Name(uint number) =>
        number < First ? Constants.Signal.Name(number) is ['S', ..] and var name ? name : $"{number}"
        : number <= 64 ? number == First ? "SIGRTMIN" : $"SIGRT_{number - First}" : $"{number}";

    /// <summary>Writes a set of signals.</summary>
    internal static void AddSet(ArgumentText text, ulong address)
    {
        if (text.ReadOrPointer(address, 8) is { } bytes)
        {
            text.Add(SetOf(BinaryPrimitives.ReadUInt64LittleEndian(bytes)));
        }
    }

    // As strace does it: where more than half are in it, those that are not.
    private static string SetOf(ulong set)
    {
        bool most = BitOperations.PopCount(set) > 32;
        ulong shown = most ? ~set : set;
        List<string> names = [];
        for (uint number = 1; number <= 64; number++)
        {
            if ((shown >> (int)(number - 1) & 1) != 0)
            {
                names.Add(Name(number)[3..]);
            }
        }

        return $"{(most ? "~" : string.Empty)}[{string.Join(' ', names)}]";
    }

    private static void AddAction(ArgumentText text)
    {
        if (!text.Is64)
        {
            text.AddPointer(text.Value);
            return;
        }

        if (text.ReadOrPointer(text.Value, 32) is not { } action)
        {
            return;
        }

        ulong handler = BinaryPrimitives.ReadUInt64LittleEndian(action);
        ulong flags = BinaryPrimitives.ReadUInt64LittleEndian(action.AsSpan(8));
        text.Add("{sa_handler=");
        _ = handler <= 1 ? text.Add(handler == 0 ? "SIG_DFL" : "SIG_IGN") : text.AddHex(handler);
        text.Add(", sa_mask=").Add(SetOf(BinaryPrimitives.ReadUInt64LittleEndian(action.AsSpan(24)))).Add(", sa_flags=").Add(Constants.SignalAction.Bits(flags));
        if ((flags & Restorer) != 0)
        {
            text.Add(", sa_restorer=").AddPointer(BinaryPrimitives.ReadUInt64LittleEndian(action.AsSpan(16)));
        }

        text.Add("}");
    }
}
