using System.Buffers.Binary;
using System.IO.Compression;
using Guest.Machine;
using Iced.Intel;
using Replay.Engine.Observe;
using Trace.Export.Streams;

namespace Trace.Export.Drmemtrace;

/// <summary>The drmemtrace file of one thread: entries of 12 bytes, compressed by gzip.</summary>
/// <remarks>A file is opened for what was collected and closed again: there may be more threads than a process may have files.</remarks>
internal sealed class ThreadFile
{
    private const int EntryBytes = 12;
    private const int BufferBytes = 1 << 18;
    private const ulong Version = 5; // Branches say where they led.
    private const ulong FileType = 0x4_0000 | 0x40 | 0x200; // Whole system, x86-64, with the instructions' bytes.
    private const int LineBytes = 64;
    private const int PageBytes = 4096;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly StreamedThread _thread;
    private ulong _lastTime;
    private ulong _lastSwitch = ulong.MaxValue;
    private int _lastVcpu = -1;
    private int _used;

    internal ThreadFile(string path, StreamedThread thread)
    {
        (Path, _thread) = (path, thread);
        Add(EntryType.Header, 0, Version);
        AddMarker(MarkerType.Version, Version);
        AddMarker(MarkerType.FileType, FileType);
        Add(EntryType.Thread, 0, Tid);
        Add(EntryType.Pid, 0, (ulong)thread.Pid);
        AddMarker(MarkerType.CacheLineSize, LineBytes);
        AddMarker(MarkerType.PageSize, PageBytes);
    }

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    // Idle tasks all have the number 0, and the format knows threads by their numbers: they get numbers above all others.
    private ulong Tid => _thread.Tid == 0 ? (1ul << 22) + (ulong)_thread.Vcpu : (ulong)_thread.Tid;

    /// <summary>Adds an instruction.</summary>
    internal void Add(in StreamedInstruction streamed)
    {
        InstructionEvent instruction = streamed.Instruction;
        AddTime(streamed);
        foreach (GuestVirtual interrupted in streamed.Delivered)
        {
            AddMarker(MarkerType.HardwareEvent, interrupted.Value);
        }

        EntryType type = TypeOf(streamed);
        if (type is EntryType.IndirectJump or EntryType.IndirectCall or EntryType.Return)
        {
            AddMarker(MarkerType.BranchTarget, streamed.Target.Value);
        }

        AddEncoding(streamed.Bytes);
        Add(type, instruction.Length, instruction.Pc.Value);
        foreach (ref readonly AccessEvent access in streamed.Accesses)
        {
            Add(access.IsWrite ? EntryType.Write : EntryType.Read, access.Size, access.Linear.Value);
        }

        if (IsContextReturn(instruction.Code))
        {
            AddMarker(MarkerType.HardwareContextReturn, instruction.Pc.Value);
        }
        else if (IsGateway(instruction.Code) && streamed.Target.Value != instruction.Pc.Value + instruction.Length)
        {
            AddMarker(MarkerType.HardwareEvent, instruction.Pc.Value + instruction.Length);
        }
    }

    /// <summary>Ends the file.</summary>
    internal void Complete()
    {
        Add(EntryType.ThreadExit, 0, Tid);
        Add(EntryType.Footer, 0, 0);
        Flush();
    }

    // A timestamp whenever the thread begins to run; never back, and never 0.
    private void AddTime(in StreamedInstruction streamed)
    {
        if (streamed.Time != _lastSwitch || streamed.Thread.Vcpu != _lastVcpu)
        {
            (_lastSwitch, _lastVcpu) = (streamed.Time, streamed.Thread.Vcpu);
            _lastTime = Math.Max(_lastTime, (streamed.Time / 1000) + 1);
            AddMarker(MarkerType.Timestamp, _lastTime);
            AddMarker(MarkerType.CpuId, (ulong)streamed.Thread.Vcpu);
        }
    }

    private static EntryType TypeOf(in StreamedInstruction streamed)
    {
        InstructionEvent instruction = streamed.Instruction;
        if (IsContextReturn(instruction.Code) || IsGateway(instruction.Code))
        {
            return instruction.Code == Code.Sysenter ? EntryType.Sysenter : EntryType.Instruction;
        }

        return Flow.Of(instruction.Code) switch
        {
            FlowControl.UnconditionalBranch => EntryType.DirectJump,
            FlowControl.IndirectBranch => EntryType.IndirectJump,
            FlowControl.ConditionalBranch => streamed.Target.Value != instruction.Pc.Value + instruction.Length ? EntryType.TakenJump : EntryType.UntakenJump,
            FlowControl.Call => EntryType.DirectCall,
            FlowControl.IndirectCall => EntryType.IndirectCall,
            FlowControl.Return => EntryType.Return,
            _ => EntryType.Instruction,
        };
    }

    private static bool IsContextReturn(Code code) => code is Code.Iretw or Code.Iretd or Code.Iretq or Code.Sysretd or Code.Sysretq or Code.Sysexitd or Code.Sysexitq;

    private static bool IsGateway(Code code) => code is Code.Syscall or Code.Sysenter or Code.Int_imm8 or Code.Int3 or Code.Into or Code.Int1;

    private void AddEncoding(ReadOnlySpan<byte> bytes)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, sizeof(ulong));
            word.Clear();
            bytes[..part].CopyTo(word);
            Add(EntryType.Encoding, (ushort)part, BinaryPrimitives.ReadUInt64LittleEndian(word));
            bytes = bytes[part..];
        }
    }

    private void AddMarker(MarkerType type, ulong value) => Add(EntryType.Marker, (ushort)type, value);

    private void Add(EntryType type, ushort size, ulong value)
    {
        if (_used + EntryBytes > _buffer.Length)
        {
            Flush();
        }

        Span<byte> entry = _buffer.AsSpan(_used, EntryBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], value);
        _used += EntryBytes;
    }

    // gzip files put one behind the other are one (RFC 1952, 2.2).
    private void Flush()
    {
        using FileStream file = new(Path, FileMode.Append, FileAccess.Write);
        using GZipStream packed = new(file, CompressionLevel.Fastest);
        packed.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
