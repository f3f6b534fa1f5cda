using Guest.Machine.Hardware;
using Guest.Machine.Hardware.Compare;
using Guest.Machine.Hardware.Generate;
using Guest.Machine.Hardware.Native;
using Iced.Intel;
using var host = new HostCpu();
host.Enter();
int cases = int.Parse(args[0]); ulong seed = ulong.Parse(args[1]);
var seen = new Dictionary<Code,int>();
var batch = new Batch(new Comparer(host, new HostAgain(host)), host.FsBase, 32) { Report = (c, t) => { int n = seen.GetValueOrDefault(c); seen[c] = n + 1; if (n < 1) Console.WriteLine(t); } };
var sw = System.Diagnostics.Stopwatch.StartNew(); long total = 0, bad = 0;
foreach (var code in TestedCodes.All.Where(c => args.Length < 3 || c.ToString().StartsWith(args[2])))
{
    Console.Error.WriteLine(code);
    var t = batch.Run(code, seed, 0, cases);
    total += t.Cases; bad += t.Mismatches;
    if (t.Cases < cases) Console.WriteLine($"{code}: only {t.Cases} cases of {t.Instances} instances");
}
Console.WriteLine($"{total} cases, {bad} bad, {sw.Elapsed.TotalSeconds} s: {string.Join(' ', batch.Outcomes.Select((n, i) => (n, i)).Where(x => x.n > 0).Select(x => Outcome.Name(x.i - 1) + "=" + x.n))}");
