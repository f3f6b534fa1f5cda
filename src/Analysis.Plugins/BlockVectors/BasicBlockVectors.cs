using System.Globalization;
using System.Text;
using Guest.Machine;
using Guest.Machine.State;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.BlockVectors;

/// <summary>How many instructions of each basic block ran in each interval of the recording: the vectors from which SimPoint chooses what to simulate.</summary>
public sealed class BasicBlockVectors : ISegmentedPlugin<BasicBlockVectors>, IPluginState
{
    private readonly ulong _length;
    private readonly CodeFilter? _where;
    private readonly Counts<ExecutedCode> _now = new();
    private readonly GuestPrograms _programs = new();
    private readonly Dictionary<ExecutedCode, int> _numbers = [];
    private readonly List<ExecutedCode> _code = [];
    private readonly SortedDictionary<ulong, SortedDictionary<int, long>> _intervals = [];

    /// <summary>Makes the plugin.</summary>
    /// <param name="interval">Instructions of an interval, counted from the recording's beginning.</param>
    /// <param name="code">Whose code.</param>
    public BasicBlockVectors(long interval = 10_000_000, CodePart code = CodePart.All)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1000);
        (_length, _where) = ((ulong)interval, code == CodePart.All ? null : new CodeFilter { Ring = code == CodePart.Kernel ? 0 : 3 });
    }

    /// <inheritdoc/>
    public static string Name => "basic-block-vectors";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Programs(_programs);
        on.Keep(this);
        on.CodeExecuted(_now, _where, _programs);
        on.Every(_length, EndInterval);
        on.Ended(Complete);
    }

    /// <inheritdoc/>
    public void Append(BasicBlockVectors next)
    {
        Func<CodeOwner, CodeOwner> owners = _programs.Append(next._programs);
        int[] numbers = [.. next._code.Select(code => NumberOf(code with { Owner = owners(code.Owner) }))];
        foreach ((ulong number, SortedDictionary<int, long> vector) in next._intervals)
        {
            foreach ((int code, long count) in vector)
            {
                Add(number, numbers[code], count);
            }
        }
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        int[] blocks = BlocksOf(report.Table("blocks"));
        using MemoryStream text = new();
        using (StreamWriter writer = new(text, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" })
        {
            foreach ((ulong number, SortedDictionary<int, long> vector) in _intervals)
            {
                SortedDictionary<int, long> sums = [];
                foreach ((int code, long count) in vector)
                {
                    sums[blocks[code]] = sums.GetValueOrDefault(blocks[code]) + count;
                }

                writer.WriteLine("T" + string.Join(' ', sums.Select(sum => string.Create(CultureInfo.InvariantCulture, $":{sum.Key}:{sum.Value}"))) + " ");
                report.Row(("interval", number), ("from", number * _length), ("blocks", sums.Count), ("instructions", sums.Values.Sum()));
            }
        }

        report.File("basic-block-vectors.bb", stream => stream.Write(text.GetBuffer().AsSpan(0, (int)text.Length)));
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_code.Count);
        foreach (ExecutedCode code in _code)
        {
            ExecutedCode.Save(writer, code);
        }

        writer.WriteInt32(_intervals.Count);
        foreach ((ulong number, SortedDictionary<int, long> vector) in _intervals)
        {
            writer.WriteUInt64(number);
            writer.WriteInt32(vector.Count);
            foreach ((int code, long count) in vector)
            {
                writer.WriteInt32(code);
                writer.WriteInt64(count);
            }
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            _ = NumberOf(ExecutedCode.Load(reader));
        }

        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            ulong number = reader.ReadUInt64();
            for (int more = reader.ReadIndex(int.MaxValue); more > 0; more--)
            {
                Add(number, reader.ReadIndex(_code.Count), reader.ReadInt64());
            }
        }
    }

    // What was counted since the last time ran in the interval that ends here.
    private void EndInterval(ulong end)
    {
        foreach ((ExecutedCode code, long count) in _now.Sorted())
        {
            Add((end - 1) / _length, NumberOf(code with { HasMemory = false }), count);
        }

        _now.Clear();
    }

    private void Complete(ObservedGuest guest)
    {
        EndInterval(guest.Machine.Position.Retired);
        _programs.NameKernel(guest, _code.Where(code => code.Owner.IsKernel).Select(code => code.Pc).OrderBy(pc => pc.Value));
    }

    private int NumberOf(ExecutedCode code)
    {
        if (!_numbers.TryGetValue(code, out int number))
        {
            _numbers.Add(code, number = _code.Count);
            _code.Add(code);
        }

        return number;
    }

    private void Add(ulong interval, int code, long count)
    {
        if (!_intervals.TryGetValue(interval, out SortedDictionary<int, long>? vector))
        {
            _intervals.Add(interval, vector = []);
        }

        vector[code] = vector.GetValueOrDefault(code) + count;
    }

    // A block is a run of executed instructions up to one that ends it; who comes into its middle counts for the same one. SimPoint counts blocks from 1.
    private int[] BlocksOf(IReportTable table)
    {
        int[] blocks = new int[_code.Count];
        var placed = _code.Select((code, number) => (Place: _programs.PlaceOf(code.Owner, code.Pc), Code: code, Number: number))
            .OrderBy(each => each.Place.Module, StringComparer.Ordinal).ThenBy(each => each.Place.Address).ThenBy(each => each.Code.Code).ToArray();
        int block = 0;
        ulong start = 0;
        int instructions = 0;
        for (int i = 0; i < placed.Length; i++)
        {
            (CodePlace place, ExecutedCode code, int number) = placed[i];
            CodePlace before = i == 0 ? default : placed[i - 1].Place;
            bool again = i > 0 && place.Module == before.Module && place.Address == before.Address;
            bool goesOn = i > 0 && place.Module == before.Module && place.Address == before.Address + placed[i - 1].Code.Length && !Flow.EndsBlock(placed[i - 1].Code.Code);
            if (!again && !goesOn)
            {
                Report(table, block, i == 0 ? default : before, start, instructions);
                (block, start, instructions) = (block + 1, place.Address, 0);
            }

            instructions += again ? 0 : 1;
            blocks[number] = block;
        }

        Report(table, block, placed.Length == 0 ? default : placed[^1].Place, start, instructions);
        return blocks;
    }

    private static void Report(IReportTable table, int block, in CodePlace last, ulong start, int instructions)
    {
        if (block > 0)
        {
            table.Row(("block", block), ("module", last.Module), ("address", start), ("instructions", instructions), ("function", last.Function));
        }
    }
}
