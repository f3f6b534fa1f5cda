namespace Trace.Export.Drmemtrace;

/// <summary>Kinds of entries of a drmemtrace file (<c>trace_type_t</c> of DynamoRIO's documentation).</summary>
internal enum EntryType : ushort
{
    Read = 0,
    Write = 1,
    Instruction = 10,
    DirectJump = 11,
    IndirectJump = 12,
    DirectCall = 14,
    IndirectCall = 15,
    Return = 16,
    Thread = 22,
    ThreadExit = 23,
    Pid = 24,
    Header = 25,
    Footer = 26,
    Marker = 28,
    Sysenter = 31,
    Encoding = 47,
    TakenJump = 48,
    UntakenJump = 49,
}
