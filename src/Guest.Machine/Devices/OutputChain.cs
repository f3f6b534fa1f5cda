using System.Buffers.Binary;
using System.Security.Cryptography;
using Guest.Machine.State;

namespace Guest.Machine.Devices;

/// <summary>A running hash of what left the machine through one device: a replay must send the same, in the same order.</summary>
/// <remarks>Each piece is hashed together with the hash before it, so that the whole fits into a checkpoint: SHA-256(hash, number, bytes).</remarks>
public sealed class OutputChain
{
    private readonly byte[] _hash = new byte[SHA256.HashSizeInBytes];
    private readonly IncrementalHash _next = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The hash so far, cut to 128 bits; zero for nothing.</summary>
    public Hash128 Current => Hash128.Read(_hash);

    /// <summary>Takes in one piece.</summary>
    /// <param name="number">What tells it apart beside its bytes: a disk's sector.</param>
    /// <param name="bytes">The bytes.</param>
    public void Add(ulong number, ReadOnlySpan<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(word, number);
        _next.AppendData(_hash);
        _next.AppendData(word);
        _next.AppendData(bytes);
        _next.GetHashAndReset(_hash);
    }

    internal void Save(StateWriter writer) => writer.WriteBytes(_hash);

    internal void Restore(StateReader reader) => reader.ReadBytes(_hash);
}
