using System.Security.Cryptography;

namespace Replay.Log.Packing;

/// <summary>A file's content up to the size it had, hashed as it is read. Forward only.</summary>
internal sealed class HashedFile(FileStream file, PackSource source, Action<long> progress) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _read;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => source.Bytes;

    /// <inheritdoc/>
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <summary>The SHA-256 of all of it.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">The file did not have as many bytes any more (RK0101).</exception>
    public string Sha256() => _read == source.Bytes
        ? Convert.ToHexStringLower(_hash.GetCurrentHash())
        : throw LogErrors.Damage(source.Path, _read, "the file has become shorter while it was read");

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int got = file.Read(buffer[..(int)Math.Min(buffer.Length, source.Bytes - _read)]);
        _hash.AppendData(buffer[..got]);
        _read += got;
        progress(_read);
        return got;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        _hash.Dispose();
        base.Dispose(disposing);
    }
}
