namespace Vmm.Record.Network;

/// <summary>What frames travel through between a guest's network device and the world. Receiving and sending are for one thread each.</summary>
public interface IFrameLink : IDisposable
{
    /// <summary>Waits for the next frame.</summary>
    /// <param name="frame">Filled from its start; a longer frame is lost.</param>
    /// <returns>The frame's length; 0 where no more will come.</returns>
    int Receive(Span<byte> frame);

    /// <summary>Sends a frame, or loses it as a network may.</summary>
    void Send(ReadOnlySpan<byte> frame);

    /// <summary>Lets <see cref="Receive"/> end; any thread.</summary>
    void Close();
}
