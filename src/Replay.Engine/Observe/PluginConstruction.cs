using System.Globalization;
using System.Reflection;
using Guest.Machine;

namespace Replay.Engine.Observe;

/// <summary>How a plugin is made: its constructor's parameters are its options.</summary>
internal sealed class PluginConstruction
{
    private readonly string _plugin;
    private readonly ConstructorInfo _constructor;
    private readonly Lazy<DocComments> _comments;

    internal PluginConstruction(string plugin, Type type)
    {
        _plugin = plugin;
        _constructor = type.GetConstructors() is [ConstructorInfo only]
            ? only
            : throw new ReplayKitException(904, ExitCode.WrongUsage, $"the plugin {plugin} must have exactly one public constructor");
        _comments = new Lazy<DocComments>(() => DocComments.Of(type));
    }

    /// <summary>What the plugin does.</summary>
    internal string Summary => _comments.Value.Summary;

    /// <summary>Its options.</summary>
    internal IReadOnlyList<PluginOption> Options =>
    [
        .. _constructor.GetParameters().Select(parameter => new PluginOption(
            NameOf(parameter), TypeText(parameter.ParameterType), DefaultOf(parameter), _comments.Value.Parameter(parameter.Name!))),
    ];

    /// <summary>Makes the plugin.</summary>
    internal object Create(IReadOnlyDictionary<string, string> options)
    {
        ParameterInfo[] parameters = _constructor.GetParameters();
        if (options.Keys.FirstOrDefault(name => !parameters.Any(parameter => NameOf(parameter) == name)) is { } unknown)
        {
            throw Wrong(parameters.Length == 0 ? $"has no options, and '{unknown}' was given" : $"has no option '{unknown}'; it has {string.Join(", ", parameters.Select(NameOf))}");
        }

        object?[] values = [.. parameters.Select(parameter => ValueOf(parameter, options))];
        try
        {
            return _constructor.Invoke(values);
        }
        catch (TargetInvocationException failure) when (failure.InnerException is ArgumentException argument)
        {
            throw Wrong($"does not take that: {argument.Message}");
        }
    }

    private object? ValueOf(ParameterInfo parameter, IReadOnlyDictionary<string, string> options)
    {
        if (!options.TryGetValue(NameOf(parameter), out string? text))
        {
            return parameter.HasDefaultValue ? parameter.DefaultValue : throw Wrong($"needs the option {NameOf(parameter)}");
        }

        return Parse(parameter.ParameterType, text) ?? throw Wrong($"takes {TypeText(parameter.ParameterType)} for {NameOf(parameter)}, not '{text}'");
    }

    private static object? Parse(Type type, string text)
    {
        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(text, out bool flag) ? flag : null;
        }

        if (type.IsEnum)
        {
            return Enum.TryParse(type, text.Replace("-", string.Empty, StringComparison.Ordinal), ignoreCase: true, out object? value) ? value : null;
        }

        return TryParseNumber(text, out ulong number) ? Narrow(type, number) : null;
    }

    private static object? Narrow(Type type, ulong number) => Type.GetTypeCode(type) switch
    {
        TypeCode.Int32 => number <= int.MaxValue ? (object)(int)number : null,
        TypeCode.Int64 => number <= long.MaxValue ? (object)(long)number : null,
        TypeCode.UInt64 => number,
        _ => throw new ReplayKitException(904, ExitCode.WrongUsage, $"options of type {type.Name} are not supported"),
    };

    // 4096, 0x1000, 4K, 1M, 2G.
    private static bool TryParseNumber(string text, out ulong number)
    {
        int shift = text.Length == 0 ? 0 : text[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        bool isHex = digits.StartsWith("0x", StringComparison.Ordinal);
        bool parsed = ulong.TryParse(isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out number);
        bool fits = parsed && number <= ulong.MaxValue >> shift;
        number <<= shift;
        return fits;
    }

    private static string TypeText(Type type) => type == typeof(string) ? "a text" : type == typeof(bool) ? "true or false"
        : type.IsEnum ? string.Join("|", Enum.GetNames(type).Select(Hyphens)) : "a number";

    private static string? DefaultOf(ParameterInfo parameter) => !parameter.HasDefaultValue ? null
        : parameter.ParameterType.IsEnum ? Hyphens(Enum.GetName(parameter.ParameterType, parameter.DefaultValue!)!)
        : Convert.ToString(parameter.DefaultValue, CultureInfo.InvariantCulture)!.ToLowerInvariant();

    private static string NameOf(ParameterInfo parameter) => Hyphens(parameter.Name!);

    private static string Hyphens(string name) =>
        string.Concat(name.Select((letter, at) => char.IsUpper(letter) ? (at > 0 ? "-" : string.Empty) + char.ToLowerInvariant(letter) : letter.ToString()));

    private ReplayKitException Wrong(string what) => new(903, ExitCode.WrongUsage, $"the plugin {_plugin} {what}");
}
