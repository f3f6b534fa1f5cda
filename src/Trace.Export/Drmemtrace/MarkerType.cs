namespace Trace.Export.Drmemtrace;

/// <summary>Kinds of markers of a drmemtrace file (<c>trace_marker_type_t</c> of DynamoRIO's documentation).</summary>
internal enum MarkerType : ushort
{
    Timestamp = 2,
    CpuId = 3,
    FileType = 9,
    CacheLineSize = 10,
    Version = 12,
    PageSize = 18,
    BranchTarget = 29,
    HardwareEvent = 43,
    HardwareContextReturn = 44,
}
