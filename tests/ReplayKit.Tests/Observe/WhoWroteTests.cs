using Analysis.Plugins.Search;
using Analysis.Plugins.WhoWrote;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;
using Replay.Engine.Observe;
using Trace.Export.Reports;

namespace ReplayKit.Tests.Observe;

/// <summary>Who wrote what, compared with memory itself.</summary>
public sealed class WhoWroteTests
{
    private const ulong Window = 3_000_000;

    // The machine is stepped to each write that the plugin names: the bytes change there, and nowhere in between.
    [Fact]
    public void The_kernels_clock_changes_where_the_plugin_says_and_nowhere_else()
    {
        ReportRows rows = Report(new WhoWrote("jiffies_64"));
        Assert.True(rows.Rows.Count > 1, "the clock stood still");
        using VirtualMachine machine = BootedGuest.Copy(new EngineOptions());
        int order = Index(rows, "order");
        GuestPhysical place = new(Convert.ToUInt64(rows.Rows[0][Index(rows, "paddr")], System.Globalization.CultureInfo.InvariantCulture));
        byte[] before = Read(machine, place);
        foreach (IReadOnlyList<object> row in rows.Rows)
        {
            ulong at = (ulong)row[order];
            Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, at)));
            Assert.Equal(before, Read(machine, place));
            Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, at + 1)));
            Assert.NotEqual(before, before = Read(machine, place));
        }

        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, BootedGuest.From + Window)));
        Assert.Equal(before, Read(machine, place));
    }

    // The next value of the kernel's clock is written by the next tick, and gone with the one after it.
    [Fact]
    public void Bytes_are_found_from_the_instruction_that_wrote_them_to_the_one_that_overwrote_them()
    {
        ReportRows writes = Report(new WhoWrote("jiffies_64"));
        ulong place = (ulong)writes.Rows[0][Index(writes, "paddr")];
        using VirtualMachine machine = BootedGuest.Copy(new EngineOptions());
        byte[] next = BitConverter.GetBytes(BitConverter.ToUInt64(Read(machine, new GuestPhysical(place))) + 1);
        ReportRows found = Report(new Search(Convert.ToHexString(next), hex: true));
        IReadOnlyList<object> row = Assert.Single(found.Rows, each => (ulong)each[Index(found, "paddr")] == place);
        Assert.Equal("written", row[Index(found, "seen")]);
        Assert.Equal(writes.Rows[0][Index(writes, "order")], row[Index(found, "order")]);
        Assert.Equal(writes.Rows[1][Index(writes, "order")], row[Index(found, "gone_order")]);
        Assert.Equal(writes.Rows[0][Index(writes, "symbol")], row[Index(found, "symbol")]);
        Assert.Equal(writes.Rows[0][Index(writes, "vaddr")], row[Index(found, "vaddr")]);
    }

    private static byte[] Read(VirtualMachine machine, GuestPhysical place)
    {
        byte[] bytes = new byte[8];
        machine.Memory.Read(place, bytes);
        return bytes;
    }

    private static ReportRows Report<TPlugin>(TPlugin plugin)
        where TPlugin : class, IPlugin
    {
        WatchedBoot.Watch(plugin, Window);
        using TemporaryFolder folder = new();
        ReportFolder report = new(folder.Path, TPlugin.Name);
        plugin.Report(report);
        return Assert.Single(report.Tables);
    }

    private static int Index(ReportRows rows, string column) => rows.Columns.ToList().IndexOf(column);
}
