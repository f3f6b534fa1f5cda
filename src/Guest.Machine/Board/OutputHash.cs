using System.Security.Cryptography;
using Guest.Machine.Devices;

namespace Guest.Machine.Board;

/// <summary>Passes console output on and keeps a running hash of it: replay must print the same bytes.</summary>
public sealed class OutputHash : IConsoleOutput, IDisposable
{
    private readonly IConsoleOutput _next;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[256];
    private int _used;

    /// <summary>Creates the hash of nothing.</summary>
    /// <param name="next">Where the bytes go.</param>
    public OutputHash(IConsoleOutput next) => _next = next;

    /// <summary>Bytes written so far.</summary>
    public long Count { get; private set; }

    /// <summary>SHA-256 of all bytes so far, cut to 128 bits.</summary>
    public UInt128 Current
    {
        get
        {
            _hash.AppendData(_buffer.AsSpan(0, _used));
            _used = 0;
            return StateHasher.Cut(_hash.GetCurrentHash());
        }
    }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        if (_used == _buffer.Length)
        {
            _hash.AppendData(_buffer);
            _used = 0;
        }

        _buffer[_used++] = value;
        Count++;
        _next.Write(value);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
