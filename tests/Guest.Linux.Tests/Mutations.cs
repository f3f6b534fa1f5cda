namespace Guest.Linux.Tests;

/// <summary>Runs something on bytes that were changed at random, many times. The long form: REPLAYKIT_MUTATIONS=1000000.</summary>
internal static class Mutations
{
    /// <summary>Runs it.</summary>
    /// <param name="count">How often, unless the environment asks for more.</param>
    /// <param name="original">The bytes; left as they are.</param>
    /// <param name="test">What must neither throw nor run for ever.</param>
    public static void Run(int count, byte[] original, Action<byte[]> test)
    {
        count = int.TryParse(Environment.GetEnvironmentVariable("REPLAYKIT_MUTATIONS"), out int more) ? Math.Max(count, more) : count;
        byte[] bytes = (byte[])original.Clone();
        for (int seed = 1; seed <= count; seed++)
        {
            List<(int At, byte Was)> undo = Mutate(bytes, new Random(seed));
            try
            {
                test(bytes);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"the mutation with seed {seed} ends with {error.GetType().Name}: {error.Message}", error);
            }

            for (int i = undo.Count - 1; i >= 0; i--)
            {
                bytes[undo[i].At] = undo[i].Was;
            }
        }
    }

    private static List<(int At, byte Was)> Mutate(byte[] bytes, Random random)
    {
        List<(int At, byte Was)> undo = [];
        for (int changes = random.Next(1, 9); changes > 0; changes--)
        {
            int at = random.Next(bytes.Length);
            int length = random.Next(4) == 0 ? Math.Min(random.Next(1, 9), bytes.Length - at) : 1;
            int kind = random.Next(4);
            for (int i = 0; i < length; i++)
            {
                undo.Add((at + i, bytes[at + i]));
                bytes[at + i] = kind switch { 0 => (byte)(bytes[at + i] ^ (1 << random.Next(8))), 1 => 0, 2 => 0xFF, _ => (byte)random.Next(256) };
            }
        }

        return undo;
    }
}
