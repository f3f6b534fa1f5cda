using System.Globalization;
using System.Text;
using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>Answers one gdb's packets (GDB manual, appendix E; docs/gdb.md lists them) by a replay.</summary>
public sealed partial class GdbSession
{
    /// <summary>The answer for done.</summary>
    internal const string Done = "OK";

    /// <summary>The answer for a packet whose arguments make no sense.</summary>
    internal const string WrongArguments = "E22";

    /// <summary>The most bytes of binary data in an answer: each may need two characters.</summary>
    internal const int MostBinaryBytes = (PacketParser.MaxBytes / 2) - 64;

    private const string Unsupported = "", CannotRead = "E14";
    private readonly DebuggedReplay _replay;
    private readonly PacketStream _packets;
    private readonly GuestView _guest;
    private readonly ServedFiles _files;
    private readonly ProcessFilter _process;
    private readonly ThreadTable _threads;
    private readonly ThreadStepper _stepper;
    private readonly ProcessFiles _programs;
    private readonly MonitorCommands _monitor;
    private readonly BreakpointTable _breakpoints = new();
    private bool _knowsSoftwareStops;
    private bool _knowsHardwareStops;
    private bool _isOver;

    /// <summary>Prepares to answer.</summary>
    /// <param name="replay">The replay; it stays where the session leaves it.</param>
    /// <param name="packets">The connection.</param>
    /// <param name="places">What a position in words means; throws where it means nothing.</param>
    /// <param name="process">The process whose threads gdb is shown, by number or name; null for the vCPU.</param>
    public GdbSession(DebuggedReplay replay, PacketStream packets, Func<string, Position> places, string? process = null)
    {
        _replay = replay;
        _packets = packets;
        _guest = new GuestView(replay.Machine);
        _process = new ProcessFilter(_guest);
        _process.Choose(process ?? ProcessFilter.Any);
        _threads = new ThreadTable(replay.Machine, _guest, _process);
        _stepper = new ThreadStepper(replay, _guest);
        _programs = new ProcessFiles(_guest, _process);
        _files = new ServedFiles(path => path != ServedFiles.Kernel ? _programs.Find(path) : _guest.Kernel is { } kernel ? KernelElf.Make(kernel) : null);
        _monitor = new MonitorCommands(replay, _guest, _process, _programs, places);
    }

    /// <summary>Whether gdb has asked to end the whole debugging (packet k), and not only to leave.</summary>
    public bool IsKilled { get; private set; }

    /// <summary>Answers until gdb leaves.</summary>
    public void Run()
    {
        while (!_isOver && _packets.Next() is { } packet)
        {
            if (packet == "QStartNoAckMode")
            {
                _packets.Send(Done);
                _packets.StopAcknowledging();
                continue;
            }

            string answer = Guarded(packet);
            if (!IsKilled)
            {
                _packets.Send(answer);
            }
        }
    }

    // What the recording or the replay refuses is told to the user; the session goes on.
    private string Guarded(string packet)
    {
        try
        {
            return Answer(packet);
        }
        catch (ReplayKitException error)
        {
            bool runs = packet.Length > 0 && (packet[0] is 'c' or 'C' or 's' or 'S' or 'b' || packet.StartsWith("vCont;", StringComparison.Ordinal));
            Print($"replaykit: {error.Message}\n", runs || packet.StartsWith("qRcmd", StringComparison.Ordinal));
            return runs ? $"T06thread:{_threads.Running.IdText};" : "E01";
        }
    }

    private string Answer(string packet) => packet.Length == 0 ? Unsupported : packet[0] switch
    {
        '?' => StopReply(new DebugStop(StopCause.Arrived)),
        'g' => ReadAllRegisters(),
        'p' => ReadRegister(packet),
        'm' => ReadMemory(packet),
        'G' or 'P' => "E.registers of a recording cannot be changed; go-live lets the guest run on from here",
        'M' or 'X' => "E.memory of a recording cannot be changed; go-live lets the guest run on from here",
        'Z' or 'z' => _breakpoints.Take(packet),
        'c' when packet.Length == 1 => StopReply(_replay.Continue(ToConditions())),
        'C' when packet.Length == 3 => StopReply(_replay.Continue(ToConditions())),
        's' when packet.Length == 1 => Step(_stepped),
        'S' when packet.Length == 3 => Step(_stepped),
        'b' => Backwards(packet),
        'H' => Select(packet),
        'T' => IsAlive(packet),
        'D' => Leave(),
        'k' => Kill(),
        'q' => Query(packet),
        'v' => Verbose(packet),
        _ => Unsupported,
    };

    private string Backwards(string packet) => packet switch
    {
        "bs" => StopReply(_stepper.StepBack(Stepped(_stepped))),
        "bc" => StopReply(_replay.ContinueBack(ToConditions())),
        _ => Unsupported,
    };

    private string Verbose(string packet)
    {
        if (packet.StartsWith("vFile:", StringComparison.Ordinal))
        {
            return _files.Answer(packet[6..]);
        }

        if (packet.StartsWith("vKill", StringComparison.Ordinal))
        {
            return Kill();
        }

        return packet == "vCont?" ? "vCont;c;C;s;S;t;r" : packet.StartsWith("vCont;", StringComparison.Ordinal) ? Resume(packet[6..]) : Unsupported;
    }

    // The first action is that of the thread which is stepped, or of all; the others run as they did.
    private string Resume(string actions)
    {
        string[] parts = actions.Split(';')[0].Split(':');
        string action = parts[0];
        string thread = parts.Length > 1 ? parts[1] : "0";
        return action.Length == 0 ? WrongArguments : action[0] switch
        {
            'c' or 'C' => StopReply(_replay.Continue(ToConditions())),
            's' or 'S' => Step(thread),
            't' => StopReply(new DebugStop(StopCause.Arrived)),
            'r' => StepThrough(action[1..].Split(','), thread),
            _ => WrongArguments,
        };
    }

    private string ReadMemory(string packet)
    {
        if (packet[1..].Split(',') is not [var at, var count] || !Hex.TryNumber(at, out ulong address) || !Hex.TryNumber(count, out ulong length))
        {
            return WrongArguments;
        }

        byte[] bytes = new byte[Math.Min(length, MostBinaryBytes)];
        int read = ReadMemory(address, bytes);
        return read == 0 && length > 0 ? CannotRead : Hex.Of(bytes.AsSpan(0, read));
    }

    private string Leave()
    {
        _isOver = true;
        return Done;
    }

    private string Kill()
    {
        IsKilled = true;
        _isOver = true;
        return Done;
    }

    private string StopReply(DebugStop stop)
    {
        Vcpu cpu = stop.By ?? _replay.Cpu;
        string registers = string.Create(CultureInfo.InvariantCulture, $"{Registers.Rsp:x2}:{Registers.Read(cpu, Registers.Rsp)};{Registers.Rip:x2}:{Registers.Read(cpu, Registers.Rip)};");
        string thread = _threads.On(cpu).IdText;
        (_shown, _stepped) = (thread, "0");
        return stop.Cause == StopCause.Interrupted ? $"T02thread:{thread};{registers}" : $"T05{Reason(stop)}thread:{thread};{registers}";
    }

    private string Reason(DebugStop stop) => stop.Cause switch
    {
        StopCause.Start => "replaylog:begin;",
        StopCause.End => "replaylog:end;",
        StopCause.Watchpoint when stop.Watched is { } point => string.Create(CultureInfo.InvariantCulture, $"{WordOf(point.Kind)}:{point.Address.Value:x};"),
        StopCause.Breakpoint when _breakpoints.IsSoftware(_replay.Cpu.LinearPc) => _knowsSoftwareStops ? "swbreak:;" : "",
        StopCause.Breakpoint => _knowsHardwareStops ? "hwbreak:;" : "",
        _ => "",
    };

    private Conditions ToConditions() => _breakpoints.ToConditions(_process.ToConditions());

    private static string WordOf(WatchKind kind) => kind switch
    {
        WatchKind.Write => "watch",
        WatchKind.Read => "rwatch",
        _ => "awatch",
    };

    private void Print(string text, bool isExpected)
    {
        if (isExpected && text.Length > 0)
        {
            _packets.Send("O" + Hex.Of(text));
        }
    }
}
