namespace Replay.Log.Segments;

/// <summary>Where the segments of a log live, numbered from 0 without gaps.</summary>
public interface ISegmentStore
{
    /// <summary>The name that messages give to a segment.</summary>
    string NameOf(int number);

    /// <summary>The numbers of the segments that are there, in ascending order.</summary>
    IReadOnlyList<int> Numbers();

    /// <summary>Makes a new, empty segment.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    ISegmentSink Create(int number);

    /// <summary>Gives up room that was kept for the last frame of a log whose disk is full, where there is any.</summary>
    void GiveRoom()
    {
    }

    /// <summary>Opens a segment for reading from its start; null where there is none of that number.</summary>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    Stream? Open(int number);
}
