namespace Replay.Multicore.Tests;

/// <summary>Something that a vCPU does to memory and its register.</summary>
internal sealed class Instruction
{
    public delegate void Effect(ulong[] memory, ref ulong register);

    /// <summary>What it needs.</summary>
    public required Need[] Needs { get; init; }

    /// <summary>What it does.</summary>
    public required Effect Run { get; init; }

    /// <summary>Whether its vCPU waits before it as in HLT, so that others take its rights.</summary>
    public bool Halts { get; init; }

    /// <summary>register = memory[word].</summary>
    public static Instruction Load(int word) => new() { Needs = [new(word, Right.Read)], Run = (ulong[] memory, ref ulong register) => register = memory[word] };

    /// <summary>memory[word] = value.</summary>
    public static Instruction Store(int word, ulong value) =>
        new() { Needs = [new(word, Right.Write)], Run = (ulong[] memory, ref ulong register) => memory[word] = value };

    /// <summary>memory[word] = register + add.</summary>
    public static Instruction StoreRegister(int word, ulong add) =>
        new() { Needs = [new(word, Right.Write)], Run = (ulong[] memory, ref ulong register) => memory[word] = register + add };

    /// <summary>register = memory[word]++ in one instruction.</summary>
    public static Instruction Increment(int word) =>
        new() { Needs = [new(word, Right.Write)], Run = (ulong[] memory, ref ulong register) => register = memory[word]++ };

    /// <summary>Nothing.</summary>
    public static Instruction Nothing { get; } = new() { Needs = [], Run = (ulong[] memory, ref ulong register) => register++ };

    /// <summary>A random program whose register depends on everything that it has loaded, and whose stores depend on the register.</summary>
    public static Instruction[] RandomProgram(Random random, int length, int words) => [.. Enumerable.Range(0, length).Select(_ => RandomOne(random, words))];

    private static Instruction RandomOne(Random random, int words)
    {
        // Few words are hot, most are cold.
        int one = random.Next(3) == 0 ? random.Next(Math.Min(3, words)) : random.Next(words);
        int other = (one + 1 + random.Next(words - 1)) % words;
        bool halts = random.Next(400) == 0;
        return random.Next(6) switch
        {
            0 => new() { Halts = halts, Needs = [new(one, Right.Write)], Run = (ulong[] memory, ref ulong register) => memory[one] = Mix(register) },
            1 => new() { Halts = halts, Needs = [new(one, Right.Write)], Run = (ulong[] memory, ref ulong register) => register = memory[one] += Mix(register) },
            2 => new() { Halts = halts, Needs = [new(one, Right.Read), new(other, Right.Write)], Run = (ulong[] memory, ref ulong register) => memory[other] = Mix(memory[one]) },
            3 => new() { Halts = halts, Needs = [new(one, Right.Write), new(other, Right.Write)], Run = (ulong[] memory, ref ulong register) => (memory[one], memory[other]) = (memory[other], memory[one]) },
            4 => new() { Halts = halts, Needs = [], Run = (ulong[] memory, ref ulong register) => register = Mix(register) },
            _ => new() { Halts = halts, Needs = [new(one, Right.Read)], Run = (ulong[] memory, ref ulong register) => register = Mix(register ^ memory[one]) },
        };
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        return value ^ (value >> 29);
    }
}
