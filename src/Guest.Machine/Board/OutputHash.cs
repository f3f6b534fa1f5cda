using Guest.Machine.Devices;
using Guest.Machine.State;

namespace Guest.Machine.Board;

/// <summary>Passes console output on and keeps a running hash of it: replay must print the same bytes.</summary>
public sealed class OutputHash : IConsoleOutput
{
    private readonly IConsoleOutput _next;
    private readonly RunningSha256 _hash = new();

    /// <summary>Creates the hash of nothing.</summary>
    /// <param name="next">Where the bytes go.</param>
    public OutputHash(IConsoleOutput next) => _next = next;

    /// <summary>Bytes written so far.</summary>
    public ulong Count => _hash.Count;

    /// <summary>SHA-256 of all bytes so far, cut to 128 bits.</summary>
    public Hash128 Current
    {
        get
        {
            Span<byte> hash = stackalloc byte[32];
            _hash.Current(hash);
            return Hash128.Read(hash);
        }
    }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        _hash.Append(value);
        _next.Write(value);
    }

    /// <summary>Writes the state of the hash.</summary>
    public void Save(StateWriter writer) => _hash.Save(writer);

    /// <summary>Takes over what <see cref="Save"/> wrote; nothing is passed on.</summary>
    public void Restore(StateReader reader) => _hash.Restore(reader);
}
