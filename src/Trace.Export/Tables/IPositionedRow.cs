namespace Trace.Export.Tables;

/// <summary>A row that belongs to a place of the replay: what the first three columns of its table say.</summary>
public interface IPositionedRow
{
    /// <summary>The number, in the replay's order over all vCPUs, of the instruction it belongs to.</summary>
    ulong Order { get; }

    /// <summary>The vCPU's number.</summary>
    ushort Vcpu { get; }

    /// <summary>Instructions that the vCPU had retired.</summary>
    ulong Retired { get; }
}
