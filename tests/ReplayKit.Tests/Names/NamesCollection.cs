namespace ReplayKit.Tests.Names;

/// <summary>The tests that share the recordings of <see cref="NamesGuest"/>.</summary>
[CollectionDefinition(nameof(NamesCollection))]
public sealed class NamesCollection : ICollectionFixture<NamesGuest>;
