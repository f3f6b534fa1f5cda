namespace Replay.Engine.Debug.Gdb;

/// <summary>A command behind gdb's <c>monitor</c>.</summary>
/// <param name="Name">Its word.</param>
/// <param name="Arguments">What follows, for the help.</param>
/// <param name="Help">What it does, in a sentence.</param>
/// <param name="Run">Does it; the answer is lines, each ended.</param>
internal sealed record MonitorCommand(string Name, string Arguments, string Help, Func<string, string> Run);
