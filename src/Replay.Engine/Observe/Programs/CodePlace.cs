namespace Replay.Engine.Observe.Programs;

/// <summary>What an address of code is, in words that do not depend on where it was loaded.</summary>
/// <param name="Module">The file, or <c>[kernel]</c>, a module of it in brackets, <c>[vdso]</c>, <c>[anon]</c> for code that is no file's, <c>[unknown]</c>.</param>
/// <param name="Address">The address that the file itself gives; of the kernel and its modules that of the running guest; for <c>[vdso]</c> the distance from its beginning.</param>
/// <param name="Function">The function's name; empty where it is not known.</param>
/// <param name="FunctionStart">Where the function begins, in the terms of <paramref name="Address"/>; the same as that where it is not known.</param>
public readonly record struct CodePlace(string Module, ulong Address, string Function, ulong FunctionStart)
{
    /// <summary>What is said of code of which nothing is known.</summary>
    public const string UnknownModule = "[unknown]";

    /// <summary>A name for people: the function, or else the module with the address.</summary>
    public string Text => Function.Length > 0 ? Function : $"{System.IO.Path.GetFileName(Module)}+0x{Address:x}";
}
