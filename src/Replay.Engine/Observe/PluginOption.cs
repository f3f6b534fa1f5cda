namespace Replay.Engine.Observe;

/// <summary>An option of a plugin: a parameter of its constructor.</summary>
/// <param name="Name">Its name on the command line: the parameter's, in lower case with hyphens.</param>
/// <param name="Type">Its type in words.</param>
/// <param name="Default">Its default value as it would be written; null where it must be given.</param>
/// <param name="Help">What it means.</param>
public sealed record PluginOption(string Name, string Type, string? Default, string Help);
