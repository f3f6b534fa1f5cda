using System.Globalization;
using System.Text;

namespace Guest.Machine.Hardware.Vectors;

/// <summary>Writes parts of a state as words such as <c>rax=1f xmm3=… st0=3fff:8000000000000000</c>, and reads them.</summary>
public static class StateText
{
    private static readonly string[] gpr =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    /// <summary>All names, in the order in which they are written.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. gpr, "flags", "mxcsr", "fcw", "fsw", "ftw", .. Enumerable.Range(0, 8).Select(i => $"st{i}"), .. Enumerable.Range(0, 16).Select(i => $"ymm{i}"),
    ];

    /// <summary>A state in which nothing is special.</summary>
    public static CpuSnapshot Plain => new() { Rip = Arena.Code, Rflags = 0x202, ControlWord = 0x37F, Mxcsr = 0x1F80 };

    /// <summary>The value of a name.</summary>
    public static string Get(ref CpuSnapshot state, string name)
    {
        int register = Array.IndexOf(gpr, name);
        if (register >= 0)
        {
            return Hex(state.Gpr[register]);
        }

        return name switch
        {
            "flags" => Hex(state.Rflags & CpuSnapshot.FlagBits),
            "mxcsr" => Hex(state.Mxcsr),
            "fcw" => Hex(state.ControlWord),
            "fsw" => Hex(state.StatusWord),
            "ftw" => Hex(state.Tags),
            _ when name.StartsWith("st", StringComparison.Ordinal) => Stack(ref state, Number(name, 2)),
            _ => Vector(ref state, Number(name, 3)),
        };
    }

    /// <summary>Sets the value of a name.</summary>
    public static void Set(ref CpuSnapshot state, string name, string value)
    {
        int register = Array.IndexOf(gpr, name);
        if (register >= 0)
        {
            state.Gpr[register] = Parse(value);
            return;
        }

        switch (name)
        {
            case "flags": state.Rflags = Parse(value) | 0x202; break;
            case "mxcsr": state.Mxcsr = (uint)Parse(value); break;
            case "fcw": state.ControlWord = (ushort)Parse(value); break;
            case "fsw": state.StatusWord = (ushort)Parse(value); break;
            case "ftw": state.Tags = (byte)Parse(value); break;
            case var _ when name.StartsWith("st", StringComparison.Ordinal): SetStack(ref state, Number(name, 2), value); break;
            default: SetVector(ref state, Number(name, 3), value); break;
        }
    }

    /// <summary>The names whose values differ, with the values of the second state.</summary>
    public static string Changes(ref CpuSnapshot before, ref CpuSnapshot after)
    {
        var text = new StringBuilder();
        foreach (string name in Names)
        {
            string value = Get(ref after, name);
            if (value != Get(ref before, name))
            {
                text.Append(CultureInfo.InvariantCulture, $" {name}={value}");
            }
        }

        return text.ToString().TrimStart();
    }

    private static int Number(string name, int at) => int.Parse(name.AsSpan(at), CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => value.ToString("x", CultureInfo.InvariantCulture);

    private static ulong Parse(string value) => ulong.Parse(value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Stack(ref CpuSnapshot state, int place) =>
        string.Create(CultureInfo.InvariantCulture, $"{state.Stack(place)[1] & 0xFFFF:x4}:{state.Stack(place)[0]:x16}");

    private static void SetStack(ref CpuSnapshot state, int place, string value)
    {
        string[] parts = value.Split(':');
        state.Stack(place)[1] = Parse(parts[0]);
        state.Stack(place)[0] = Parse(parts[1]);
    }

    private static string Vector(ref CpuSnapshot state, int register) => string.Create(CultureInfo.InvariantCulture,
        $"{state.YmmHigh(register)[1]:x16}{state.YmmHigh(register)[0]:x16}{state.XmmLow(register)[1]:x16}{state.XmmLow(register)[0]:x16}");

    private static void SetVector(ref CpuSnapshot state, int register, string value)
    {
        state.YmmHigh(register)[1] = Parse(value[..16]);
        state.YmmHigh(register)[0] = Parse(value[16..32]);
        state.XmmLow(register)[1] = Parse(value[32..48]);
        state.XmmLow(register)[0] = Parse(value[48..]);
    }
}
