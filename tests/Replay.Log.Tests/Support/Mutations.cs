namespace Replay.Log.Tests.Support;

/// <summary>Random changes of bytes: flipped, replaced, removed, inserted, cut.</summary>
internal static class Mutations
{
    /// <summary>Some bytes with a few random changes.</summary>
    public static byte[] Of(Random random, byte[] original)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, random.Next(Math.Min(80, bytes.Count - at))); break;
                case 3: bytes.InsertRange(at, original.Take(random.Next(200))); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                default: bytes[at] = (byte)(bytes[at] + random.Next(-2, 3)); break;
            }
        }

        return [.. bytes];
    }
}
