using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices.Block;
using Replay.Log.Frames;
using Replay.Log.Manifests;
using Replay.Log.Records;

namespace Replay.Log.Tests.Support;

/// <summary>Small manifests and logs that the tests read, cut and damage.</summary>
internal static class Samples
{
    public const ulong Rate25 = 25UL << 32;

    public static LogOptions Stored { get; } = new() { Codec = FrameCodec.Stored };

    public static Manifest Manifest { get; } = new()
    {
        WrittenBy = "a test",
        Machine = new MachineDescription
        {
            CpuModel = "x86-64-v2",
            Cpuid = [new CpuidLeaf(0, 0, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69), new CpuidLeaf(7, 1, 0, 0, 0, 0xfedcba98)],
            MemoryBytes = 64 << 20,
            Vcpus = 1,
            ClockMode = ClockMode.Virtual,
            TscHz = 1_000_000_000,
            VirtualRate = Rate25,
            MemoryHashKey = 0xab,
            Devices = [new DeviceDescription(1, "pit"), new DeviceDescription(2, "uart0")],
        },
        Kernel = new FileIdentity("/boot/vmlinuz", 4, new string('a', 64)),
        Initrd = null,
        CommandLine = "console=ttyS0 \"quoted\" größer",
        Host = new HostFacts("a processor", 2, "an operating system", "a runtime"),
    };

    /// <summary>One record of each kind and more, in three frames after the first; frames end where the inner lists do.</summary>
    public static Logged[][] Frames { get; } =
    [
        [
            Logged.Seed(new Position(0, 0), [1, 2, 3, 4, 5, 6, 7, 8]),
            Logged.Of(new Position(0, 0), new ClockStart(1_790_000_000)),
            Logged.Of(new Position(0, 0), new TimeAnchor(0, Rate25)),
        ],
        [
            Logged.Of(new Position(0, 40_000), new TimeAnchor(1_000_000, Rate25)),
            Logged.Of(new Position(0, 80_007), new TimeAnchor(2_000_175, Rate25 + TimeAnchor.CoarseUnit)),
            Logged.Typed(new Position(0, 80_007, 4096), "ls\r"u8.ToArray()),
            Logged.Of(new Position(0, 90_000), Logged.Hash(
                new StatePart(StatePartKind.Registers, 0, 1), new StatePart(StatePartKind.Device, 2, new Hash128(ulong.MaxValue, ulong.MaxValue)))),
        ],
        [
            Logged.Of(new Position(0, 120_000), new TimeAnchor(9_000_000_000, 3)),
            Logged.Of(new Position(0, 120_001), new End(EndReason.PowerOff, "grün")),
        ],
    ];

    /// <summary>Writes the sample frames and returns their records.</summary>
    public static Logged[] WriteFrames(LogWriter log)
    {
        foreach (Logged[] frame in Frames)
        {
            foreach (Logged record in frame)
            {
                record.AppendTo(log);
            }

            log.Flush(frame[^1].At);
        }

        return [.. Frames.SelectMany(frame => frame)];
    }

    /// <summary>The sample frames in memory; with small segments each frame has its own.</summary>
    public static MemorySegments Log(LogOptions options)
    {
        MemorySegments store = new();
        using LogWriter log = new(store, Manifest.ToJson(), 1, options);
        WriteFrames(log);
        return store;
    }

    /// <summary>A few hundred valid records in order, on two vCPUs, of every kind but the end.</summary>
    public static Logged[] RandomRecords(Random random)
    {
        ulong[] retired = new ulong[2];
        Logged[] records = new Logged[random.Next(1, 300)];
        for (int i = 0; i < records.Length; i++)
        {
            int vcpu = random.Next(4) == 0 ? 1 - (i & 1) : 0;
            retired[vcpu] += Number(random) >> 3;
            Position at = new(vcpu, retired[vcpu], random.Next(8) == 0 ? Number(random) : null);
            records[i] = RandomRecord(random, at);
        }

        return records;
    }

    private static Logged RandomRecord(Random random, Position at) => random.Next(15) switch
    {
        10 => Logged.Of(at, default(CommonCut)),
        9 => Logged.Of(at, new VcpuWait(random.Next(2), Number(random))),
        8 => Logged.Of(at, default(InterruptTaken)),
        7 => Logged.Of(at, new VcpuTurn(random.Next(2))),
        6 => Logged.Frame(at, random.Next(1, 32), Bytes(random, random.Next(1600))),
        5 => Logged.Of(at, new DiskAnswer(random.Next(1, 32), random.Next(512), (DiskStatus)random.Next(3), random.Next(2) == 0 ? null : new Hash128(Number(random), Number(random)))),
        4 => Logged.Entropy(at, random.Next(1, 32), Bytes(random, random.Next(70))),
        0 => Logged.Seed(at, Bytes(random, random.Next(70))),
        1 => Logged.Of(at, new ClockStart((long)Number(random))),
        2 => Logged.Typed(at, Bytes(random, random.Next(200))),
        3 => Logged.Of(at, Logged.Hash([.. Enumerable.Range(0, random.Next(6)).Select(_ => Part(random))])),
        _ => Logged.Of(at, new TimeAnchor(Number(random), Number(random) << random.Next(24))),
    };

    private static StatePart Part(Random random) => new(
        (StatePartKind)random.Next(1, 5), random.Next(), new Hash128(Number(random), Number(random)));

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A number of any width up to 62 bits, small ones as likely as large ones.</summary>
    private static ulong Number(Random random) => (ulong)random.NextInt64() >> random.Next(1, 63);
}
