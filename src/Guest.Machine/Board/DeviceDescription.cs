namespace Guest.Machine.Board;

/// <summary>A device of the board, as a recording names it.</summary>
/// <param name="Number">Its fixed number, never reused: the order in which due timers fire and the key of its part of the state hash.</param>
/// <param name="Name">The manual's short name, such as <c>uart0</c>.</param>
public sealed record DeviceDescription(int Number, string Name);
