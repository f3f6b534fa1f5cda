using System.Diagnostics;
using System.Globalization;
using Guest.Machine.Hardware.Compare;
using Guest.Machine.Hardware.Engine;
using Guest.Machine.Hardware.Generate;
using Guest.Machine.Hardware.Native;
using Guest.Machine.X86;
using Iced.Intel;

namespace Guest.Machine.Hardware;

/// <summary>Runs the cases of all instructions asked for and collects what differs.</summary>
public sealed class Campaign(Options options, TextWriter output, TextWriter? progress)
{
    private const int EnoughMismatches = 500;
    private readonly SortedDictionary<string, Tally> tallies = new(StringComparer.Ordinal);
    private long total;
    private long mismatches;

    /// <summary>What came of each instruction, by its name.</summary>
    public IReadOnlyDictionary<string, Tally> Tallies => tallies;

    /// <summary>Cases per outcome's vector, <see cref="Outcome.None"/> at index 1.</summary>
    public long[] Outcomes { get; } = new long[34];

    /// <summary>Runs on a thread of its own, since the signals of that thread are changed.</summary>
    public void Run()
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Guarded());
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException(failure.Message, failure);
        }
    }

    /// <summary>The instructions the options name.</summary>
    public IEnumerable<Code> Selected() => TestedCodes.Here(options.Mode)
        .Where(code => options.Codes.Count == 0 || options.Codes.Any(name => Matches(code.ToString(), name)))
        .Where((_, index) => index % options.Shards == options.Shard);

    private static bool Matches(string code, string name) =>
        name.EndsWith('*') ? code.StartsWith(name[..^1], StringComparison.Ordinal) : code == name;

    private Exception? Guarded()
    {
        try
        {
            using var host = new HostCpu();
            host.Enter(options.Mode);
            RunAll(host);
            return null;
        }
        catch (Exception failure) when (failure is PlatformNotSupportedException or InvalidOperationException)
        {
            return failure;
        }
    }

    private void RunAll(HostCpu host)
    {
        long started = Stopwatch.GetTimestamp();
        Code[] codes = [.. Selected()];
        using var stand = new Stand(options, host, Outcomes);
        if (options.Exhaustive)
        {
            tallies["8-bit arithmetic"] = new Exhaustive(stand.Comparer).Run(Limited());
            return;
        }

        for (int i = 0; i < codes.Length; i++)
        {
            RunCode(stand, codes[i]);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            progress?.Write(string.Create(CultureInfo.InvariantCulture,
                $"\r{i + 1}/{codes.Length} {total:n0} cases, {mismatches:n0} mismatches, {total / Math.Max(elapsed.TotalSeconds, 0.001):n0}/s, {elapsed * ((codes.Length - i - 1) / (double)(i + 1)):hh\\:mm\\:ss} left, {codes[i],-44}"));
        }

        progress?.WriteLine();
    }

    private void RunCode(Stand stand, Code code)
    {
        long translated = stand.Translated;
        Tally tally = stand.Batch.Run(code, options.Seed, options.Instance, options.Cases, EnoughMismatches, Limited());
        total += tally.Cases;
        mismatches += tally.Mismatches;
        tally.Translated = stand.Translated - translated;
        tallies[code.ToString()] = tally;
    }

    private Action<Func<string>> Limited()
    {
        int printed = 0;
        return print =>
        {
            if (printed++ < options.Print)
            {
                output.WriteLine(print());
            }
        };
    }

    /// <summary>The two CPUs and what runs them.</summary>
    private sealed class Stand : IDisposable
    {
        private readonly ICpuUnderTest tested;

        public Stand(Options options, HostCpu host, long[] outcomes)
        {
            tested = options.Self ? new HostAgain(host) : new EngineCpu(CpuModels.Create(TestedCodes.Model), options.Engine);
            tested.Enter(options.Mode);
            Comparer = new Comparer(host, tested);
            Batch = new Batch(Comparer, host.FsBase, options.States, outcomes, options.Mode);
        }

        public Comparer Comparer { get; }

        public Batch Batch { get; }

        public long Translated => tested is EngineCpu engine ? engine.Translated : 0;

        public void Dispose() => tested.Dispose();
    }
}
