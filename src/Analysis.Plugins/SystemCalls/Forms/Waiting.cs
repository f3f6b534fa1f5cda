using System.Buffers.Binary;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Arguments of calls that wait for several descriptors.</summary>
internal static class Waiting
{
    private const int PollBytes = 8;
    private const int EventBytes = 12;

    /// <summary>Descriptors and what of them is waited for.</summary>
    internal static readonly ArgumentForm Poll = new(AddPoll);

    /// <summary>A set of descriptors.</summary>
    internal static readonly ArgumentForm Set = new(AddSet);

    /// <summary>One event of an epoll descriptor.</summary>
    internal static readonly ArgumentForm Event = new(text =>
    {
        if (text.ReadOrPointer(text.Value, EventBytes) is { } bytes)
        {
            AddEvent(text, bytes);
        }
    });

    /// <summary>Events of an epoll descriptor that the call filled in, as many as its result.</summary>
    internal static readonly ArgumentForm Events = new(AddEvents, AtExit: true);

    private static void AddPoll(ArgumentText text)
    {
        byte[] polled = new byte[PollBytes * (int)Math.Min(text.Argument(1), (ulong)text.Most)];
        if (!text.TryRead(text.Value, polled))
        {
            text.AddPointer(text.Value);
            return;
        }

        text.Add("[");
        for (int at = 0; at < polled.Length; at += PollBytes)
        {
            int descriptor = BitConverter.ToInt32(polled, at);
            text.Add(at == 0 ? "{fd=" : ", {fd=").Add(descriptor);
            _ = descriptor < 0 ? text : text.Add(", events=").Add(Constants.Poll.Bits(BitConverter.ToUInt16(polled, at + 4)));
            text.Add("}");
        }

        text.Add((ulong)text.Most < text.Argument(1) ? ", ...]" : "]");
    }

    private static void AddSet(ArgumentText text)
    {
        byte[] set = new byte[(Math.Clamp((int)text.Argument(0), 0, 1024) + 7) / 8];
        if (!text.TryRead(text.Value, set))
        {
            text.AddPointer(text.Value);
            return;
        }

        text.Add("[").Add(string.Join(' ', Enumerable.Range(0, (int)Math.Min(text.Argument(0), 1024)).Where(bit => (set[bit / 8] >> (bit % 8) & 1) != 0))).Add("]");
    }

    private static void AddEvents(ArgumentText text)
    {
        int count = (int)Math.Clamp(text.Result ?? 0, 0, text.Most);
        byte[] events = new byte[count * EventBytes];
        if (Errno.Is(text.Result ?? 0) || (count > 0 && !text.TryRead(text.Value, events)))
        {
            text.AddPointer(text.Value);
            return;
        }

        text.Add("[");
        for (int i = 0; i < count; i++)
        {
            text.Add(i == 0 ? string.Empty : ", ");
            AddEvent(text, events.AsSpan(i * EventBytes, EventBytes));
        }

        text.Add(text.Result > count ? ", ...]" : "]");
    }

    private static void AddEvent(ArgumentText text, ReadOnlySpan<byte> bytes)
    {
        text.Add("{events=").Add(Constants.EpollEvents.Bits(BinaryPrimitives.ReadUInt32LittleEndian(bytes)));
        text.Add(", data={u32=").AddUnsigned(BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])).Add(", u64=").AddUnsigned(BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..])).Add("}}");
    }
}
