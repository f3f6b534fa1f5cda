using Guest.Machine.State;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Timeline;

/// <summary>From where to where was watched, and what the vCPUs ran at the end.</summary>
internal sealed class TimelineSpan : IPluginState
{
    /// <summary>The first position.</summary>
    internal ulong FromOrder { get; private set; }

    /// <summary>Its time in nanoseconds.</summary>
    internal ulong FromTime { get; private set; }

    /// <summary>The last position.</summary>
    internal ulong ToOrder { get; private set; }

    /// <summary>Its time in nanoseconds.</summary>
    internal ulong ToTime { get; private set; }

    /// <summary>[vcpu] what it ran at the end; null where that is not known.</summary>
    internal ThreadName?[] Last { get; private set; } = [];

    /// <summary>Watching begins.</summary>
    internal void Begin(ObservedGuest guest) => (FromOrder, FromTime) = (guest.Machine.Position.Retired, GuestTime.NanosecondsOf(guest.Machine));

    /// <summary>Watching ends.</summary>
    internal void End(ObservedGuest guest)
    {
        (ToOrder, ToTime) = (guest.Machine.Position.Retired, GuestTime.NanosecondsOf(guest.Machine));
        Last = [.. guest.Machine.Cpus.Select(vcpu => guest.Look(vcpu)?.Tasks.Current(vcpu) is { } task ? ThreadName.Of(task) : null)];
    }

    /// <summary>The next segment follows.</summary>
    internal void Append(TimelineSpan next) => (ToOrder, ToTime, Last) = (next.ToOrder, next.ToTime, next.Last);

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt64(FromOrder);
        writer.WriteUInt64(FromTime);
        writer.WriteUInt64(ToOrder);
        writer.WriteUInt64(ToTime);
        writer.WriteInt32(Last.Length);
        foreach (ThreadName? thread in Last)
        {
            writer.WriteBool(thread is not null);
            thread?.Save(writer);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        (FromOrder, FromTime, ToOrder, ToTime) = (reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64());
        Last = new ThreadName?[reader.ReadIndex(ushort.MaxValue)];
        for (int vcpu = 0; vcpu < Last.Length; vcpu++)
        {
            Last[vcpu] = reader.ReadBool() ? ThreadName.Load(reader) : null;
        }
    }
}
