using System.Globalization;
using System.Text.Json;

namespace Trace.Export.Tests;

/// <summary>Numbers of the readers' JSON, which write wide ones as texts.</summary>
internal static class JsonNumbers
{
    public static int Number(this JsonElement element) => int.Parse(element.ToString(), CultureInfo.InvariantCulture);
}
