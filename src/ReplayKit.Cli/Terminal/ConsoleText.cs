using Guest.Machine.Devices;

namespace ReplayKit.Cli.Terminal;

/// <summary>The guest's console on standard output: text is written by a thread of its own, so that a slow terminal does not hold the guest up.</summary>
internal sealed class ConsoleText : IConsoleOutput, IDisposable
{
    private readonly Lock guard = new();
    private readonly AutoResetEvent arrived = new(false);
    private readonly Thread writer;
    private readonly Stream output;
    private byte[] filling = new byte[4096];
    private byte[] writing = new byte[4096];
    private int filled;
    private volatile bool ended;
    private IOException? failure;

    /// <summary>Starts writing to standard output.</summary>
    public ConsoleText()
        : this(StandardStreams.OpenOutput())
    {
    }

    /// <summary>Starts writing to a stream.</summary>
    internal ConsoleText(Stream output)
    {
        this.output = output;
        writer = new Thread(WriteAll) { IsBackground = true, Name = "console output" };
        writer.Start();
    }

    /// <summary>Takes the next byte; any thread but one at a time.</summary>
    public void Write(byte value)
    {
        bool wasEmpty;
        lock (guard)
        {
            wasEmpty = filled == 0;
            if (filled == filling.Length)
            {
                Array.Resize(ref filling, filled * 2);
            }

            filling[filled++] = value;
        }

        if (wasEmpty)
        {
            arrived.Set();
        }
    }

    /// <summary>Waits until everything is written.</summary>
    /// <exception cref="IOException">Something could not be written.</exception>
    public void Complete()
    {
        Dispose();
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Writes what waits and ends the thread.</summary>
    public void Dispose()
    {
        if (!ended)
        {
            ended = true;
            arrived.Set();
            writer.Join();
            arrived.Dispose();
        }
    }

    private void WriteAll()
    {
        bool last;
        do
        {
            arrived.WaitOne();
            last = ended;
            int count;
            lock (guard)
            {
                (filling, writing) = (writing, filling);
                count = filled;
                filled = 0;
            }

            TryWrite(writing.AsSpan(0, count));
        }
        while (!last);
    }

    // What the guest prints later is dropped: the run goes on, and its end reports the failure.
    private void TryWrite(ReadOnlySpan<byte> text)
    {
        try
        {
            if (failure is null)
            {
                output.Write(text);
            }
        }
        catch (IOException error)
        {
            failure = error;
        }
    }
}
