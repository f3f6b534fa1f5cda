namespace Replay.Engine.Observe;

/// <summary>A function of the kernel at which a plugin wants to be called.</summary>
internal readonly record struct FunctionEntry(string Symbol, CallbackEntry<TransferEvent> Callback);
