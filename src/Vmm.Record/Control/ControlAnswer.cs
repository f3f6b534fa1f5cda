using System.Text.Json.Nodes;

namespace Vmm.Record.Control;

/// <summary>The answer to a <see cref="ControlRequest"/>.</summary>
/// <param name="Error">Why it was not done; null where it was.</param>
/// <param name="State"><c>running</c>, <c>paused</c> or <c>ended</c>.</param>
/// <param name="Position">Where the machine stands.</param>
/// <param name="Instructions">Instructions up to there.</param>
/// <param name="Recording">The recording that is being made, or that was finished or saved by this request; null for none.</param>
/// <param name="Lost">Why the last recording ended while the guest went on; null where none has.</param>
internal sealed record ControlAnswer(string? Error, string State, string Position, ulong Instructions, string? Recording, string? Lost = null)
{
    /// <summary>The same as JSON.</summary>
    internal JsonObject ToJson()
    {
        JsonObject json = new() { ["ok"] = Error is null };
        if (Error is not null)
        {
            json["error"] = Error;
        }

        json["state"] = State;
        json["position"] = Position;
        json["instructions"] = Instructions;
        json["recording"] = Recording;
        if (Lost is not null)
        {
            json["lost"] = Lost;
        }

        return json;
    }
}
