using System.Diagnostics;
using System.Globalization;
using Guest.Machine.Hardware;
using Guest.Machine.Hardware.Engine;
using Guest.Machine.Hardware.Generate;
using Guest.Machine.Hardware.Sequences;
using Guest.Machine.Hardware.Vectors;
using Guest.Machine.X86;
using Iced.Intel;

if (Options.Parse(args) is not { } options)
{
    Console.Error.WriteLine(Options.Usage);
    return 1;
}

if (options.Coverage is { } file)
{
    File.WriteAllText(file, CoverageTable.Write());
    return 0;
}

if (options.Vectors is { } folder)
{
    using var engine = new EngineCpu(CpuModels.Create(TestedCodes.Model));
    foreach ((string name, string title, Func<Code, bool> belongs) in DefinedVectors.Files)
    {
        File.WriteAllText(Path.Combine(folder, name), DefinedVectors.Make(engine, title, belongs, perCode: 6));
    }

    return 0;
}

return options.Jobs > 1 ? RunJobs(args, options.Jobs) : RunHere(options);

static int RunHere(Options options)
{
    Console.Error.WriteLine($"seed {options.Seed}");
    if (options.Sequences != 0)
    {
        return SequenceCampaign.Run(options, Console.Out) == 0 ? 0 : 3;
    }

    var campaign = new Campaign(options, Console.Out, Console.IsErrorRedirected ? null : Console.Error);
    try
    {
        campaign.Run();
    }
    catch (InvalidOperationException failure) when (failure.InnerException is PlatformNotSupportedException)
    {
        Console.Error.WriteLine(failure.Message);
        return 4;
    }

    return Summary.Print(campaign, Console.Out) ? 0 : 3;
}

// The windows have fixed addresses, so parallel work means processes: each runs every n-th instruction.
static int RunJobs(string[] args, int jobs)
{
    string program = Environment.ProcessPath!;
    string[] self = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "hardware-compare.dll")] : [];
    Process[] children = [.. Enumerable.Range(0, jobs).Select(job =>
        Process.Start(program, [.. self, .. args, "--jobs", "1", "--shard", string.Create(CultureInfo.InvariantCulture, $"{job}/{jobs}")]))];
    int worst = 0;
    foreach (Process child in children)
    {
        child.WaitForExit();
        worst = Math.Max(worst, child.ExitCode);
        child.Dispose();
    }

    return worst;
}
