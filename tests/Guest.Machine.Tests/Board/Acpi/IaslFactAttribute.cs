namespace Guest.Machine.Tests.Board.Acpi;

/// <summary>A test that needs the ACPI compiler <c>iasl</c> of the package acpica-tools.</summary>
public sealed class IaslFactAttribute : FactAttribute
{
    public IaslFactAttribute()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "iasl"))))
        {
            Skip = "iasl is missing: install acpica-tools";
        }
    }
}
