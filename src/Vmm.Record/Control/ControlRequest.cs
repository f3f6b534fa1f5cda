namespace Vmm.Record.Control;

/// <summary>What somebody asks of a running machine.</summary>
/// <param name="Command">The word, such as <c>status</c>.</param>
/// <param name="Output">The folder to be made; null where none is named.</param>
internal sealed record ControlRequest(string Command, string? Output)
{
    private readonly TaskCompletionSource<ControlAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer, once it is there.</summary>
    internal Task<ControlAnswer> Answer => _answer.Task;

    /// <summary>Answers.</summary>
    internal void Reply(ControlAnswer answer) => _answer.TrySetResult(answer);
}
