using System.Text;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.X86;
using ReplayKit.Tests.Determinism;
using ReplayKit.Tests.Guests;

namespace ReplayKit.Tests.Observe;

/// <summary>Debian's kernel booted once, up to where its first program begins to start processes; machines for tests begin there.</summary>
internal static class BootedGuest
{
    private static readonly Lazy<VirtualMachine> s_booted = new(Boot);

    /// <summary>Instructions retired where they begin.</summary>
    public static ulong From => s_booted.Value.Position.Retired;

    /// <summary>A machine that stands at <see cref="From"/>.</summary>
    public static VirtualMachine Copy(EngineOptions engine)
    {
        VirtualMachine machine = new(Description, new Silence(), engine);
        lock (s_booted)
        {
            s_booted.Value.CopyTo(machine);
        }

        return machine;
    }

    private static MachineDescription Description => MachineSetup.Describe("x86-64-v3", 256UL << 20, 1, ClockMode.Virtual);

    private static VirtualMachine Boot()
    {
        const ulong Step = 1_000_000;
        Text console = new();
        VirtualMachine machine = new(Description, DebianGuest.Images, new BootInputs(1_700_000_000, new byte[32]), console);
        for (ulong at = 1_000 * Step; !console.Has("Run /init as init process"); at += Step)
        {
            Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, at)));
        }

        return machine;
    }

    private sealed class Text : IConsoleOutput
    {
        private readonly StringBuilder _text = new();

        public void Write(byte value) => _text.Append((char)value);

        public bool Has(string text) => _text.ToString().Contains(text, StringComparison.Ordinal);
    }
}
