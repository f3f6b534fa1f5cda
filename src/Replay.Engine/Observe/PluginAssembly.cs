using System.Reflection;
using System.Runtime.Loader;
using Guest.Machine;

namespace Replay.Engine.Observe;

/// <summary>Plugins from an assembly outside.</summary>
public static class PluginAssembly
{
    /// <summary>Loads an assembly and makes a line of the catalogue for each public plugin in it.</summary>
    /// <exception cref="ReplayKitException">RK0904: it cannot be loaded, or has no plugin.</exception>
    public static IReadOnlyList<PluginEntry> Load(string path)
    {
        Type[] plugins = [.. TypesOf(path).Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IPlugin).IsAssignableFrom(type))];
        return plugins.Length > 0
            ? [.. plugins.OrderBy(type => type.FullName, StringComparer.Ordinal).Select(EntryOf)]
            : throw new ReplayKitException(904, ExitCode.BadInput, $"{path} has no public class that implements IPlugin");
    }

    private static Type[] TypesOf(string path)
    {
        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(path)).GetExportedTypes();
        }
        catch (Exception failure) when (failure is IOException or BadImageFormatException or TypeLoadException or ReflectionTypeLoadException)
        {
            throw new ReplayKitException(904, ExitCode.BadInput, $"{path} cannot be loaded as an assembly with plugins: {failure.Message}", failure);
        }
    }

    private static PluginEntry EntryOf(Type type)
    {
        bool segmented = type.GetInterfaces().Any(each => each.IsGenericType && each.GetGenericTypeDefinition() == typeof(ISegmentedPlugin<>));
        MethodInfo make = typeof(PluginEntry).GetMethod(segmented ? nameof(PluginEntry.OfSegmented) : nameof(PluginEntry.Of))!;
        return (PluginEntry)make.MakeGenericMethod(type).Invoke(null, null)!;
    }
}
