namespace ReplayKit.Tests.EndToEnd;

/// <summary>A <see cref="MountNamespaceFactAttribute"/> with several sets of data.</summary>
public sealed class MountNamespaceTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the test where the machine allows nobody to mount where only it can see it.</summary>
    public MountNamespaceTheoryAttribute() => Skip = new MountNamespaceFactAttribute().Skip;
}
