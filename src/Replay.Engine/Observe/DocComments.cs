using System.Xml;
using System.Xml.Linq;

namespace Replay.Engine.Observe;

/// <summary>The documentation comments of a type, from the XML file that the compiler has written beside its assembly.</summary>
internal sealed class DocComments
{
    private readonly XElement? _type;
    private readonly XElement? _constructor;

    private DocComments(XElement? type, XElement? constructor) => (_type, _constructor) = (type, constructor);

    /// <summary>The type's sentence; empty where there is no file.</summary>
    internal string Summary => TextOf(_type?.Element("summary"));

    /// <summary>Reads those of a type.</summary>
    internal static DocComments Of(Type type)
    {
        string path = Path.ChangeExtension(type.Assembly.Location, ".xml");
        if (!File.Exists(path))
        {
            return new DocComments(null, null);
        }

        try
        {
            XElement[] members = [.. XDocument.Load(path).Descendants("member")];
            return new DocComments(
                members.FirstOrDefault(member => NameOf(member) == $"T:{type.FullName}"),
                members.FirstOrDefault(member => NameOf(member).StartsWith($"M:{type.FullName}.#ctor", StringComparison.Ordinal)));
        }
        catch (XmlException)
        {
            return new DocComments(null, null);
        }
    }

    /// <summary>What a parameter of the constructor means; for a primary constructor that is said at the type.</summary>
    internal string Parameter(string name) => TextOf(ParameterIn(_constructor, name) ?? ParameterIn(_type, name));

    private static XElement? ParameterIn(XElement? member, string name) =>
        member?.Elements("param").FirstOrDefault(parameter => parameter.Attribute("name")?.Value == name);

    private static string NameOf(XElement member) => member.Attribute("name")?.Value ?? string.Empty;

    private static string TextOf(XElement? element) =>
        element is null ? string.Empty : string.Join(' ', element.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
