namespace Guest.Machine.Hardware.Native;

/// <summary>The host's CPU a second time, with memory of its own and another case run in between: what it shows differently is the harness's fault.</summary>
public sealed class HostAgain(HostCpu host) : ICpuUnderTest
{
    private readonly byte[] data = new byte[Arena.DataSize];
    private readonly byte[] mixed = new byte[Arena.MixedSize];
    private readonly byte[] otherData = new byte[Arena.DataSize];
    private readonly byte[] otherMixed = new byte[Arena.MixedSize];

    /// <inheritdoc/>
    public Span<byte> Data => data;

    /// <inheritdoc/>
    public Span<byte> Mixed => mixed;

    /// <inheritdoc/>
    public void Enter(CpuMode mode)
    {
    }

    /// <inheritdoc/>
    public void SetCode(ulong address, ReadOnlySpan<byte> instruction)
    {
    }

    /// <inheritdoc/>
    public Outcome Run(ref CpuSnapshot state)
    {
        host.Data.CopyTo(otherData);
        host.Mixed.CopyTo(otherMixed);
        data.CopyTo(host.Data);
        mixed.CopyTo(host.Mixed);
        Outcome outcome = host.Run(ref state);
        host.Data.CopyTo(data);
        host.Mixed.CopyTo(mixed);
        otherData.CopyTo(host.Data);
        otherMixed.CopyTo(host.Mixed);
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
