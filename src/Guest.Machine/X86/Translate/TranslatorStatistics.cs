using Guest.Machine.X86.Translate.Emit;

namespace Guest.Machine.X86.Translate;

/// <summary>What a translator has done: how often emitted code came back and for what, and which instructions the interpreter executed.</summary>
public sealed class TranslatorStatistics
{
    private readonly Dictionary<Iced.Intel.Code, long> _interpreted = [];

    /// <summary>Times that emitted code came back, by the reason's number.</summary>
    public long[] Exits { get; } = new long[(int)Leave.Jump + 1];

    /// <summary>Times that a vCPU beside others came to the gate, by the reason's number.</summary>
    public long[] Stands { get; } = new long[(int)Leave.Jump + 1];

    /// <summary>The reasons' names.</summary>
    public static IReadOnlyList<string> Reasons { get; } = Enum.GetNames<Leave>();

    /// <summary>Instructions of 64-bit code executed by the interpreter.</summary>
    public long Interpreted { get; internal set; }

    /// <summary>Times that a portion of other code went to the interpreter.</summary>
    public long Untranslated { get; internal set; }

    /// <summary>Whether instructions are counted by their kind; costs some per cent.</summary>
    public bool IsDetailed { get; set; }

    /// <summary>How often the interpreter executed which instruction; empty unless <see cref="IsDetailed"/>.</summary>
    public IReadOnlyDictionary<Iced.Intel.Code, long> ByInstruction => _interpreted;

    /// <summary>What others have counted of it: vCPUs that ran at once.</summary>
    public IReadOnlyList<(string What, long Times)> More { get; private set; } = [];

    /// <summary>Adds counts of others.</summary>
    public void Add(IEnumerable<(string What, long Times)> counts) => More = [.. More, .. counts];

    internal void Count(Iced.Intel.Code code)
    {
        Interpreted++;
        if (IsDetailed)
        {
            lock (_interpreted)
            {
                _interpreted[code] = _interpreted.GetValueOrDefault(code) + 1;
            }
        }
    }
}
