using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;
using Replay.Engine.Observe;
using ReplayKit.Tests.Determinism;
using ReplayKit.Tests.Guests;

namespace ReplayKit.Tests.Observe;

/// <summary>Copies of a machine that has booted up to where processes run, made once, for plugins to watch.</summary>
internal static class BootedGuest
{
    /// <summary>Where it stands: programs start and end, and make some 600 system calls in the next five million instructions.</summary>
    public const ulong From = 1_377_000_000;

    private static readonly Lazy<VirtualMachine> s_booted = new(Boot);

    private static MachineDescription Description => MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Virtual);

    /// <summary>A copy.</summary>
    public static VirtualMachine Copy(EngineOptions engine)
    {
        VirtualMachine machine = new(Description, new Silence(), engine);
        lock (s_booted)
        {
            s_booted.Value.CopyTo(machine);
        }

        return machine;
    }

    /// <summary>Lets a plugin watch the next instructions.</summary>
    public static void Watch<TPlugin>(TPlugin plugin, ulong length)
        where TPlugin : class, IPlugin
    {
        using VirtualMachine machine = Copy(new EngineOptions());
        PluginRun<TPlugin> run = new(plugin, null);
        using Observation observation = new(machine, [run]);
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, From + length)));
        observation.Complete();
        Assert.Null(run.Slot.Failure);
    }

    private static VirtualMachine Boot()
    {
        VirtualMachine machine = new(Description, DebianGuest.Images, new BootInputs(1_700_000_000, new byte[32]), new Silence());
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, From)));
        return machine;
    }
}
